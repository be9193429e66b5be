// What is on its way: sends, edits, deletions and reactions, over a network that breaks.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { ConvoError } from "./module.mjs";
import { pass, settle, startClock, stopClock } from "./clock.mjs";
import { clientOf, shelf } from "./people.mjs";
import { Server } from "./server.mjs";

let server, group, client, storage, network;
const sends = () => server.requests.filter((one) => one.method === "POST" && one.path.endsWith("/messages/"));
const bodies = () => client.messages(group.id).map((message) => message.message_body);
const last = () => client.messages(group.id).at(-1);
const isSend = (method, path) => method === "POST" && path.endsWith("/messages/");

beforeEach(async () => {
  stopClock();
  server = new Server();
  for (const id of ["ada", "bea"]) server.person(id);
  group = server.create("ada", ["bea"]);
  server.send(group, "bea", "hello");
  storage = shelf();
  network = { fault: () => undefined };
  client = clientOf(server, "ada", { storage, faults: { fault: (...asked) => network.fault(...asked) } });
  client.start();
  await pass(1);
  await client.open(group.id);
});
afterEach(() => {
  client.stop();
  startClock();
});

test("a message is shown at once, and once when it has arrived", async () => {
  const counts = [];
  client.addEventListener("change", () => counts.push(client.messages(group.id).length));
  client.send(group.id, { body: "hi" });
  assert.equal(last().pending, true);
  assert.equal(last().sender.user_id, "ada");
  await pass(1);
  assert.equal(last().pending, undefined);
  assert.equal(last().seq, 2);
  assert.ok(counts.every((count) => count <= 2), `never twice: ${counts}`);
  assert.equal(storage.length, 0);
});

test("not reached: repeated with the same client_id until it is there", async () => {
  let left = 3;
  network.fault = (method, path) => (isSend(method, path) && left-- > 0 ? "unreached" : undefined);
  client.send(group.id, { body: "hi" });
  await pass(20);
  assert.equal(sends().length, 4);
  assert.equal(new Set(sends().map((one) => one.body.client_id)).size, 1);
  assert.deepEqual(group.messages.map((row) => row.body), ["hello", "hi"]);
});

test("sent, but the answer was lost: not sent twice", async () => {
  let isFirst = true;
  network.fault = (method, path) => {
    if (!isSend(method, path) || !isFirst) return undefined;
    isFirst = false;
    return "unanswered";
  };
  client.send(group.id, { body: "hi" });
  await pass(10);
  assert.deepEqual(group.messages.map((row) => row.body), ["hello", "hi"]);
  assert.deepEqual(bodies(), ["hello", "hi"]);
});

for (const status of [429, 503]) {
  test(`${status}: again after as long as it says, not before`, async () => {
    let isFirst = true;
    network.fault = (method, path) => {
      if (!isSend(method, path) || !isFirst) return undefined;
      isFirst = false;
      return [status, { code: "try_again", detail: "Later." }, { "Retry-After": "7" }];
    };
    client.send(group.id, { body: "hi" });
    await pass(6.5);
    assert.equal(sends().length, 1);
    assert.equal(last().pending, true);
    await pass(1);
    assert.equal(sends().length, 2);
    assert.equal(sends()[0].body.client_id, sends()[1].body.client_id);
    assert.equal(group.messages.at(-1).body, "hi");
  });
}

test("a refusal is shown, holds nothing up, and can be tried again or given up", async () => {
  const refused = client.send(group.id, { body: "refuse me" });
  client.send(group.id, { body: "after" });
  await pass(1);
  assert.deepEqual(group.messages.map((row) => row.body), ["hello", "after"]);
  const failed = last();
  assert.equal(failed.error.code, "message_refused");
  assert.equal(failed.pending, false);
  client.retry(refused);
  assert.equal(last().pending, true);
  await pass(1);
  assert.equal(sends().filter((one) => one.body.client_id === refused).length, 2);
  client.discard(refused);
  assert.deepEqual(bodies(), ["hello", "after"]);
  assert.equal(storage.length, 0);
});

test("many messages arrive in the order in which they were written, whatever the network does", async () => {
  let count = 0;
  network.fault = (method, path) => (isSend(method, path) ? [undefined, "unreached", "unanswered"][count++ % 3] : undefined);
  const written = Array.from({ length: 8 }, (_, index) => `number ${index}`);
  for (const body of written) client.send(group.id, { body });
  await pass(120);
  assert.deepEqual(group.messages.map((row) => row.body), ["hello", ...written]);
  assert.deepEqual(bodies(), ["hello", ...written]);
});

test("what was not sent is kept, and sent by the next page, once", async () => {
  network.fault = () => "unreached";
  client.send(group.id, { body: "from the train", reply_to: client.messages(group.id)[0] });
  client.send(group.id, { body: "and another" });
  await pass(3);
  assert.equal(storage.length, 2);
  client.stop();
  network.fault = () => undefined;
  client = clientOf(server, "ada", { storage });
  client.start();
  await pass(2);
  await client.open(group.id);
  assert.deepEqual(group.messages.map((row) => row.body), ["hello", "from the train", "and another"]);
  assert.equal(group.messages[1].reply_to, group.messages[0].id);
  assert.deepEqual(bodies(), ["hello", "from the train", "and another"]);
  assert.equal(storage.length, 0);
});

test("another person's queue on the same machine stays theirs", async () => {
  network.fault = () => "unreached";
  client.send(group.id, { body: "ada's" });
  await pass(1);
  const other = clientOf(server, "bea", { storage });
  other.start();
  await pass(5);
  assert.deepEqual(group.messages.map((row) => row.body), ["hello"]);
  other.stop();
});

test("the queue has an end", () => {
  network.fault = () => "unreached";
  assert.throws(() => {
    for (let count = 0; count < 200; count++) client.send(group.id, { body: String(count) });
  }, ConvoError);
  assert.equal(storage.length, 100);
});

test("a message whose frame comes before its answer is shown once", async () => {
  const seen = new Set();
  client.addEventListener("change", () => seen.add(bodies().filter((body) => body === "hi").length));
  const slow = server.fetch("ada", { delay: () => 2 });
  client.options.fetch = slow;
  client.send(group.id, { body: "hi" });
  await pass(4);
  assert.deepEqual([...seen], [1]);
  assert.equal(group.messages.length, 2);
});

test("an edit is shown at once and taken back when it is refused", async () => {
  client.send(group.id, { body: "mine" });
  await pass(1);
  const attempt = client.edit(last(), "refuse me");
  assert.equal(last().message_body, "refuse me");
  await assert.rejects(attempt, { code: "edit_window_over" });
  assert.equal(last().message_body, "mine");
  await client.edit(last(), "mine, better");
  assert.equal(last().message_body, "mine, better");
  assert.equal(group.messages.at(-1).body, "mine, better");
});

test("a deletion and a reaction are shown at once, without a step back", async () => {
  client.send(group.id, { body: "mine" });
  await pass(1);
  const states = [];
  client.addEventListener("change", () => states.push(`${!!last().deleted_at} ${JSON.stringify(last().reactions)}`));
  const reacting = client.react(last(), "👍", true);
  assert.deepEqual(last().reactions, [{ emoji: "👍", count: 1, me: true }]);
  await reacting;
  await pass(1);
  assert.deepEqual([...new Set(states)], ['false [{"emoji":"👍","count":1,"me":true}]']);
  states.length = 0;
  const deleting = client.delete(last());
  assert.ok(last().deleted_at);
  await deleting;
  await pass(1);
  assert.deepEqual([...new Set(states)], ["true []"]);
});

test("drafts are kept a moment later, and cleared by an empty one", async () => {
  client.draft(group.id, "dear b");
  client.draft(group.id, "dear bea");
  await pass(3);
  const drafts = () => server.requests.filter((one) => one.path.endsWith("/draft/"));
  assert.equal(drafts().length, 1);
  assert.equal(client.conversation(group.id).membership.draft.message_body, "dear bea");
  client.draft(group.id, "");
  await pass(3);
  assert.deepEqual(drafts().map((one) => one.method), ["PUT", "DELETE"]);
});

test("a draft waits for the one before it, lest what was sent comes back", async () => {
  const drafts = () => server.requests.filter((one) => one.path.endsWith("/draft/")).map((one) => one.method);
  const held = [];
  const { request } = client;
  client.request = async (method, ...rest) => {
    if (method === "PUT") await new Promise((resolve) => held.push(resolve));
    return request.call(client, method, ...rest);
  };
  client.draft(group.id, "quickly said");
  assert.equal(client.isDrafting(group.id), true);
  await pass(2);
  client.draft(group.id, "");
  await pass(5);
  assert.deepEqual(drafts(), []);
  held[0]();
  await pass(2);
  assert.deepEqual(drafts(), ["PUT", "DELETE"]);
  assert.equal(client.conversation(group.id).membership.draft, null);
  assert.equal(client.isDrafting(group.id), false);
});

test("reading is told once, a moment later, and not when there is nothing to tell", async () => {
  const reads = () => server.requests.filter((one) => one.path.endsWith("/read/")).length;
  assert.equal(client.conversation(group.id).unread_count, 1);
  for (let count = 0; count < 5; count++) client.read(group.id);
  await pass(1);
  assert.equal(reads(), 1);
  assert.equal(client.conversation(group.id).unread_count, 0);
  client.read(group.id);
  await pass(1);
  assert.equal(reads(), 1);
});

test("own state that came while another answer was on its way is not overwritten by it", async () => {
  client.options.fetch = server.fetch("ada", { delay: () => 2 });
  const reading = client.updateMembership(group.id, { pinned: true });
  await pass(1);
  server.update(group, "ada", { pinned_at: null });
  await pass(10);
  await reading;
  assert.equal(client.conversation(group.id).membership.pinned_at, null);
});

test("a write carries the CSRF token, or the token alone", async () => {
  client.send(group.id, { body: "hi" });
  await pass(1);
  assert.equal(sends()[0].headers["X-CSRFToken"], "token");
  const other = clientOf(server, "ada", { token: "secret" });
  other.start();
  await pass(1);
  other.send(group.id, { body: "ho" });
  await pass(1);
  assert.equal(sends()[1].headers.Authorization, "Token secret");
  assert.equal(sends()[1].headers["X-CSRFToken"], undefined);
  assert.deepEqual(server.lastSocket.protocols, ["convo.v1", "ticket.once"]);
  other.stop();
});

test("typing is told at most every three seconds, and that it is over", async () => {
  const told = () => server.lastSocket.sent.filter((frame) => frame.type === "typing").map((frame) => frame.is_typing);
  for (let count = 0; count < 5; count++) client.typing(group.id, true);
  await settle();
  assert.deepEqual(told(), [true]);
  await pass(3.5);
  client.typing(group.id, true);
  client.typing(group.id, false);
  assert.deepEqual(told(), [true, true, false]);
});
