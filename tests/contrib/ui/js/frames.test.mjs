// What frames do to what is shown.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { pass, settle, startClock, stopClock } from "./clock.mjs";
import { clientOf, shown } from "./people.mjs";
import { Server } from "./server.mjs";

let server, group, client;

beforeEach(async () => {
  stopClock();
  server = new Server();
  for (const id of ["ada", "bea", "cid"]) server.person(id);
  group = server.create("ada", ["bea", "cid"]);
  for (const body of ["one", "two", "three"]) server.send(group, "bea", body);
  client = clientOf(server, "ada");
  client.start();
  await pass(1);
  await client.open(group.id);
});
afterEach(() => {
  client.stop();
  startClock();
});

const bodies = () => client.messages(group.id).map((message) => message.message_body);
const row = (seq) => client.messages(group.id).find((message) => message.seq === seq);
const asked = (path) => server.requests.filter((request) => request.path.includes(path)).length;

async function assertFresh() {
  await pass(12);
  const fresh = clientOf(server, "ada");
  fresh.start();
  await pass(1);
  await fresh.open(group.id);
  assert.deepEqual(shown(client, [group.id]), shown(fresh, [group.id]));
  fresh.stop();
}

test("a message comes", async () => {
  const before = server.requests.length;
  server.send(group, "bea", "four");
  await settle();
  assert.deepEqual(bodies(), ["one", "two", "three", "four"]);
  assert.equal(client.conversation(group.id).unread_count, 4);
  assert.equal(client.conversation(group.id).last_message.message_body, "four");
  assert.equal(server.requests.length, before, "nothing had to be asked for");
  await assertFresh();
});

test("an edit, a deletion and its undoing", async () => {
  const message = group.messages[1];
  server.edit(group, message, "TWO");
  await settle();
  assert.equal(row(2).message_body, "TWO");
  assert.ok(row(2).edited_at);
  server.delete(group, message);
  await settle();
  assert.equal(row(2).message_body, "");
  assert.equal(client.conversation(group.id).unread_count, 2);
  server.restore(group, message);
  await settle();
  assert.equal(row(2).message_body, "TWO");
  assert.equal(client.conversation(group.id).unread_count, 3);
  await assertFresh();
});

test("a deletion undone has one's own reactions again", async () => {
  const message = group.messages[0];
  server.react(group, message, "ada", "👍", true);
  await settle();
  assert.deepEqual(row(1).reactions, [{ emoji: "👍", count: 1, me: true }]);
  server.delete(group, message);
  server.restore(group, message);
  await settle();
  await assertFresh();
  assert.deepEqual(row(1).reactions, [{ emoji: "👍", count: 1, me: true }]);
});

test("reactions come and go, one's own marked", async () => {
  server.react(group, group.messages[0], "ada", "👍", true);
  server.react(group, group.messages[0], "bea", "👍", true);
  server.react(group, group.messages[0], "bea", "🎉", true);
  await settle();
  assert.deepEqual(row(1).reactions, [{ emoji: "👍", count: 2, me: true }, { emoji: "🎉", count: 1, me: false }]);
  server.react(group, group.messages[0], "ada", "👍", false);
  await settle();
  assert.deepEqual(row(1).reactions[0], { emoji: "👍", count: 1, me: false });
  await assertFresh();
});

test("pinned and unpinned", async () => {
  server.pin(group, group.messages[0], "bea", true);
  await settle();
  assert.equal(row(1).pinned, true);
  server.pin(group, group.messages[0], "bea", false);
  await settle();
  assert.equal(row(1).pinned, false);
  await assertFresh();
});

test("an answer quotes what is loaded, and follows its words", async () => {
  server.send(group, "cid", "answer", { reply_to: group.messages[0].id });
  await settle();
  assert.equal(row(4).reply_to.excerpt, "one");
  server.edit(group, group.messages[0], "ONE");
  await settle();
  assert.equal(row(4).reply_to.excerpt, "ONE");
  server.delete(group, group.messages[0]);
  await settle();
  assert.equal(row(4).reply_to.excerpt, "");
  await assertFresh();
});

test("an answer to what is not loaded is asked for", async () => {
  for (let count = 0; count < 80; count++) server.send(group, "bea", `more ${count}`);
  await settle();
  await client.open(group.id);
  server.send(group, "cid", "answer", { reply_to: group.messages[0].id });
  await pass(1);
  assert.equal(client.messages(group.id).at(-1).reply_to.excerpt, "one");
});

test("a thread counts its answers", async () => {
  server.send(group, "cid", "in the thread", { thread_root: group.messages[0].id });
  await settle();
  assert.equal(row(1).reply_count, 1);
  await assertFresh();
});

test("participants come, go, and the eleventh moves up", async () => {
  for (let count = 0; count < 9; count++) server.person(`p${count}`);
  for (let count = 0; count < 9; count++) server.add(group, "ada", `p${count}`);
  await settle();
  assert.equal(client.conversation(group.id).participant_count, 12);
  assert.equal(client.conversation(group.id).participants.length, 10);
  server.remove(group, "ada", "bea");
  await assertFresh();
  assert.ok(client.conversation(group.id).participants.some((one) => one.user.user_id === "p7"));
});

test("a user who is gone leaves no name", async () => {
  server.people.delete("bea");
  server.remove(group, "ada", "bea");
  await assertFresh();
  assert.equal(row(1).sender, null);
});

test("a conversation is renamed, closed and opened again", async () => {
  server.rename(group, "bea", "Boats");
  await settle();
  assert.equal(client.conversation(group.id).title, "Boats");
  server.close(group, "bea");
  await settle();
  assert.ok(client.conversation(group.id).closed_at);
  await assertFresh();
  assert.deepEqual(client.conversation(group.id).capabilities, ["conversation.leave"]);
});

test("a conversation that one is added to comes whole, and one that one is removed from goes", async () => {
  const other = server.create("bea", ["cid"], { title: "Elsewhere" });
  await settle();
  assert.equal(client.conversation(other.id), undefined);
  server.add(other, "bea", "ada");
  await settle();
  assert.equal(client.conversation(other.id).title, "Elsewhere");
  server.remove(other, "bea", "ada");
  await settle();
  assert.equal(client.conversation(other.id), undefined);
});

test("a deleted conversation goes", async () => {
  server.erase(group, "ada");
  await settle();
  assert.equal(client.conversation(group.id), undefined);
});

test("an edit of what came before a message that one may not see is no preview", async () => {
  server.send(group, "bea", "not for ada", { hidden: ["ada"] });
  await pass(12);
  assert.equal(client.conversation(group.id).last_message, null);
  server.edit(group, group.messages[1], "TWO");
  await settle();
  assert.equal(row(2).message_body, "TWO");
  assert.equal(client.conversation(group.id).last_message, null);
  await assertFresh();
});

test("hidden events count as seen, and what they changed is asked for", async () => {
  server.send(group, "bea", "not for ada", { hidden: ["ada"] });
  server.send(group, "bea", "for all");
  await settle();
  assert.deepEqual(bodies(), ["one", "two", "three", "for all"]);
  assert.equal(asked("events/"), 0);
  await assertFresh();
});

test("one's own state from another device", async () => {
  server.read(group, "ada");
  await settle();
  assert.equal(client.conversation(group.id).unread_count, 0);
  server.point(group, "ada", 1);
  await settle();
  assert.equal(client.conversation(group.id).unread_count, 2);
  await assertFresh();
});

test("one's own message never counts, not for a moment", async () => {
  server.read(group, "ada");
  await settle();
  const counts = new Set();
  client.addEventListener("unread", () => counts.add(client.conversation(group.id).unread_count));
  server.send(group, "ada", "from the telephone");
  await pass(6);
  assert.deepEqual([...counts], [0]);
  await assertFresh();
});

test("mentions are counted by the server", async () => {
  server.send(group, "bea", "ada!", { mentions: ["ada"] });
  await pass(8);
  assert.equal(client.conversation(group.id).mention_count, 1);
  await assertFresh();
});

test("the same frame again, and an older one, change nothing", async () => {
  server.edit(group, group.messages[0], "uno");
  const [old] = server.log("ada", group, group.event_seq - 1).results;
  old.data.message.message_body = "of long ago";
  await settle();
  client.receive(old);
  client.receive(old);
  assert.equal(row(1).message_body, "uno");
});

test("a gap is filled from the log, in order", async () => {
  const socket = server.lastSocket;
  socket.readyState = 2;
  server.send(group, "bea", "four");
  server.send(group, "bea", "five");
  await settle();
  socket.readyState = 1;
  server.send(group, "bea", "six");
  await settle();
  assert.deepEqual(bodies().slice(-3), ["four", "five", "six"]);
  assert.equal(asked("events/"), 1);
  await assertFresh();
});

test("frames in the wrong order end as they should", async () => {
  const socket = server.lastSocket;
  const held = [];
  socket.deliver = (frame) => held.push(frame);
  for (const body of ["four", "five", "six"]) server.send(group, "cid", body);
  for (const frame of held.reverse()) client.receive(frame);
  await pass(1);
  assert.deepEqual(bodies().slice(-3), ["four", "five", "six"]);
  await assertFresh();
});

test("a log that was pruned makes the window load anew", async () => {
  server.lastSocket.readyState = 2;
  for (let count = 0; count < 5; count++) server.send(group, "bea", `missed ${count}`);
  group.log.splice(0, group.log.length - 1);
  await settle();
  server.lastSocket.readyState = 1;
  server.send(group, "bea", "last");
  await assertFresh();
  assert.equal(bodies().at(-1), "last");
});

test("typing ends by itself after six seconds, and with the message", async () => {
  const says = (is_typing) => client.receive({ type: "typing", conversation_id: group.id, data: { user: server.card("bea"), is_typing } });
  says(true);
  assert.deepEqual(client.typingIn(group.id).map((one) => one.name), ["bea"]);
  await pass(7);
  assert.deepEqual(client.typingIn(group.id), []);
  says(true);
  server.send(group, "bea", "done");
  await settle();
  assert.deepEqual(client.typingIn(group.id), []);
});

test("presence and receipts", async () => {
  const direct = server.create("ada", ["bea"], { kind: "direct" });
  server.send(direct, "ada", "hello");
  await pass(1);
  client.receive({ type: "presence", conversation_id: direct.id, data: { user: server.card("bea"), online: true, last_seen: null } });
  assert.equal(client.presence.get("bea").online, true);
  server.read(direct, "bea");
  await settle();
  const other = client.conversation(direct.id).participants.find((one) => one.user.user_id === "bea");
  assert.equal(other.last_read_seq, 1);
});

test("what is read of history does not take in what is new", async () => {
  for (let count = 0; count < 120; count++) server.send(group, "bea", `more ${count}`);
  await settle();
  await client.open(group.id, { around: 60, limit: 20 });
  assert.ok(client.loaded(group.id).newer);
  server.send(group, "bea", "far below");
  await settle();
  assert.ok(!bodies().includes("far below"));
  assert.equal(client.conversation(group.id).last_seq, 124);
  while (client.loaded(group.id).newer) await client.further(group.id, "newer");
  while (client.loaded(group.id).older) await client.further(group.id, "older");
  assert.equal(bodies().length, 124);
  assert.deepEqual(client.messages(group.id).map((message) => message.seq), Array.from({ length: 124 }, (_, index) => index + 1));
});

test("of a long history only a part is held", async () => {
  for (let count = 0; count < 900; count++) server.send(group, "bea", `more ${count}`);
  await settle();
  await client.open(group.id);
  while (client.loaded(group.id).older) await client.further(group.id, "older");
  assert.equal(client.messages(group.id).length, 400);
  assert.equal(client.messages(group.id)[0].seq, 1);
  assert.ok(client.loaded(group.id).newer);
});

test("a page that is older than what has come since is brought up to date", async () => {
  const slow = clientOf(server, "ada", { faults: { delay: () => 2 } });
  slow.start();
  await pass(8);
  const opening = slow.open(group.id);
  await pass(1);
  server.edit(group, group.messages[0], "changed while it was on its way");
  server.send(group, "bea", "four");
  await pass(8);
  await opening;
  const messages = slow.messages(group.id);
  assert.equal(messages[0].message_body, "changed while it was on its way");
  assert.equal(messages.at(-1).message_body, "four");
  slow.stop();
});

test("a snapshot that frames have overtaken takes nothing back", async () => {
  client.options.fetch = server.fetch("ada", { delay: () => 3 });
  server.rename(group, "bea", "Boats");
  await pass(2);
  server.rename(group, "bea", "Ships");
  await pass(2.5);
  assert.equal(client.conversation(group.id).title, "Ships");
  await pass(4);
  assert.equal(client.conversation(group.id).title, "Ships");
});

test("a snapshot that comes after one has left brings nothing back", async () => {
  client.options.fetch = server.fetch("ada", { delay: () => 3 });
  server.rename(group, "bea", "Boats");
  await pass(2);
  server.remove(group, "bea", "ada");
  await pass(10);
  assert.equal(client.conversation(group.id), undefined);
});

test("one's own state that is not told is asked for", async () => {
  const deaf = clientOf(server, "ada", { socket: { filter: (frame) => (frame.type === "membership.updated" ? [] : [frame]) } });
  deaf.start();
  await pass(1);
  server.send(group, "bea", "ada!", { mentions: ["ada"] });
  await pass(1);
  assert.equal(deaf.conversation(group.id).mention_count, 0);
  await pass(8);
  assert.equal(deaf.conversation(group.id).mention_count, 1);
  deaf.stop();
});

test("a page for where one no longer is does not belong", async () => {
  for (let count = 0; count < 300; count++) server.send(group, "bea", `more ${count}`);
  await settle();
  await client.open(group.id, { around: 60, limit: 20 });
  client.options.fetch = server.fetch("ada", { delay: () => 3 });
  const further = client.further(group.id, "older");
  client.options.fetch = server.fetch("ada");
  await client.open(group.id);
  await pass(5);
  await further;
  const seqs = client.messages(group.id).map((message) => message.seq);
  assert.deepEqual(seqs, Array.from({ length: 50 }, (_, index) => 254 + index));
});
