// A whole conversation by types that were generated from the OpenAPI document: what does not fit them does not compile.

import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

type Message = components["schemas"]["Message"];
type Client = ReturnType<typeof createClient<paths>>;

const [, , address, own, other] = process.argv as [string, string, string, string, string];

function client(token: string): Client {
  return createClient<paths>({ baseUrl: address, headers: { Authorization: `Token ${token}` } });
}

function expect(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

/** Return the body of an answer that is no error. */
function body<T>(answer: { data?: T; error?: unknown; response: Response }, status = 200): T {
  expect(answer.response.status === status, `${answer.response.url}: ${answer.response.status} ${JSON.stringify(answer.error)}`);
  return answer.data as T;
}

/** A send answers with what was scheduled where it was to be sent later. */
function message(sent: Message | components["schemas"]["Scheduled"]): Message {
  expect("seq" in sent, "this was scheduled");
  return sent;
}

const ada = client(own);
const bob = client(other);

const me = body(await ada.GET("/api/users/me/"));
const them = body(await bob.GET("/api/users/me/"));
const config = body(await ada.GET("/api/config/"));
expect(config.features.includes("attachments"), "no attachments");

const conversation = body(
  await ada.POST("/api/conversations/", {
    body: { participants: [them.user_id], kind: "group", title: "Lighthouse", metadata: { lamp: 1 } },
  }),
  201,
);
const path = { conversation_id: conversation.conversation_id };

const first = message(
  body(
    await ada.POST("/api/conversations/{conversation_id}/messages/", {
      params: { path },
      body: { message_body: "Is the lamp lit?", client_id: "first", mentions: [them.user_id] },
    }),
    201,
  ),
);
const again = message(
  body(
    await ada.POST("/api/conversations/{conversation_id}/messages/", {
      params: { path },
      body: { message_body: "Is the lamp lit?", client_id: "first", mentions: [them.user_id] },
    }),
  ),
);
expect(again.message_id === first.message_id, "the retry was sent again");

const within = { ...path, message_id: first.message_id };
const edited = body(
  await ada.PATCH("/api/conversations/{conversation_id}/messages/{message_id}/", {
    params: { path: within },
    body: { message_body: "Is the lamp lit tonight?" },
  }),
);
expect(edited.edited_at !== null, "it was not edited");
const reacted = body(
  await bob.PUT("/api/conversations/{conversation_id}/messages/{message_id}/reactions/{emoji}/", {
    params: { path: { ...within, emoji: "👍" } },
  }),
);
expect(reacted.reactions[0]?.count === 1, "nobody has reacted");

const form = new FormData();
form.append("file", new Blob(["words"]), "notes.txt");
const file = body(
  await bob.POST("/api/attachments/", {
    body: { file: "" },
    bodySerializer: () => form,
  }),
  201,
);
const reply = message(
  body(
    await bob.POST("/api/messages/", {
      body: {
        conversation: conversation.conversation_id,
        message_body: "It is.",
        reply_to: first.message_id,
        attachments: [file.attachment_id],
      },
    }),
    201,
  ),
);
expect(reply.reply_to?.message_id === first.message_id, "it answers nothing");
const download = await fetch(reply.attachments[0]?.url ?? "", { headers: { Authorization: `Token ${other}` } });
expect((await download.text()) === "words", "the file is another");

const unread = body(await ada.GET("/api/unread/"));
expect(unread.messages === 1, `${unread.messages} are unread`);
const read = body(
  await ada.POST("/api/conversations/{conversation_id}/read/", { params: { path }, body: {} }),
);
expect(read.unread_count === 0, "it is still unread");

const page = body(
  await ada.GET("/api/conversations/{conversation_id}/messages/", { params: { path, query: { limit: 1 } } }),
);
expect(page.results[0]?.message_id === reply.message_id && page.next !== null, "the page is another");
const found = body(await ada.GET("/api/search/", { params: { query: { q: "lamp" } } }));
expect(found.results.some((row) => row.message.message_id === first.message_id && row.highlights.length > 0), "not found");

const synced = body(await ada.POST("/api/sync/", { body: { heads: { [conversation.conversation_id]: 1 } } }));
expect(synced.events[conversation.conversation_id]?.some((frame) => frame.type === "message.created") ?? false, "no events");
const quiet = body(await ada.POST("/api/sync/", { body: { cursor: synced.cursor } }));
expect(!quiet.more, "there is more");

body(
  await bob.DELETE("/api/conversations/{conversation_id}/messages/{message_id}/", {
    params: { path: { ...path, message_id: reply.message_id } },
  }),
  204,
);
const gone = body(await ada.GET("/api/messages/{message_id}/", { params: { path: { message_id: reply.message_id } } }));
expect(gone.deleted_at !== null && gone.message_body === "", "it can still be read");

const refused = await ada.GET("/api/messages/", { params: { query: { limit: 0 } } });
expect(refused.error !== undefined && refused.response.status === 400, "it was not refused");
expect(me.user_id !== them.user_id, "one talks to oneself");
console.log("talked");
