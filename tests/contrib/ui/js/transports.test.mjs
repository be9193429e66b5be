// How a client stays connected, and what it does when it does not.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { pass, startClock, stopClock } from "./clock.mjs";
import { clientOf, shown } from "./people.mjs";
import { Server } from "./server.mjs";

let server, group, client;
const asked = (path) => server.requests.filter((one) => one.path === path).length;
const bodies = () => client.messages(group.id).map((message) => message.message_body);

function world(options) {
  server = new Server(options);
  for (const id of ["ada", "bea"]) server.person(id);
  group = server.create("ada", ["bea"], { title: "Boats" });
  server.send(group, "bea", "hello");
}

async function start(options) {
  client = clientOf(server, "ada", options);
  client.start();
  await pass(1);
  await client.open(group.id);
}

async function assertFresh() {
  await pass(15);
  const fresh = clientOf(server, "ada", { websocket: false });
  fresh.start();
  await pass(1);
  await fresh.open(group.id);
  assert.deepEqual(shown(client, [group.id]), shown(fresh, [group.id]));
  fresh.stop();
}

beforeEach(stopClock);
afterEach(() => {
  client?.stop();
  startClock();
});

test("a socket where there is one, and no polling beside it", async () => {
  world();
  await start();
  assert.equal(client.transport, "socket");
  assert.equal(client.status, "online");
  await pass(60);
  assert.equal(asked("sync/"), 0);
  assert.deepEqual(server.lastSocket.protocols, ["convo.v1"]);
});

test("after a cut the socket resumes with cursor and heads, and all is as after a fresh load", async () => {
  world();
  await start();
  await pass(30);
  server.cut();
  server.send(group, "bea", "while it was cut");
  server.edit(group, group.messages[0], "HELLO");
  server.create("bea", ["ada"], { title: "New" });
  await pass(5);
  const resume = server.lastSocket.sent.find((frame) => frame.type === "resume");
  assert.ok(resume.cursor);
  assert.ok(resume.heads[group.id]);
  assert.deepEqual(bodies(), ["HELLO", "while it was cut"]);
  assert.equal(client.status, "online");
  await assertFresh();
});

test("a cursor that the server no longer knows: everything is loaded anew", async () => {
  world();
  await start();
  await pass(30);
  server.lastSocket.deliver({ type: "pong", cursor: "spoilt" });
  await pass(1);
  server.cut();
  server.send(group, "bea", "meanwhile");
  await pass(10);
  assert.equal(client.status, "online");
  assert.deepEqual(bodies(), ["hello", "meanwhile"]);
  await assertFresh();
});

test("what lies too far back is loaded anew", async () => {
  world({ syncMaxEvents: 5 });
  await start();
  await pass(30);
  server.cut();
  for (let count = 0; count < 20; count++) server.send(group, "bea", `missed ${count}`);
  await assertFresh();
  assert.equal(bodies().length, 21);
});

test("a socket that is refused twice gives way to the stream, and that to polls", async () => {
  world({ stream: true });
  await start({ socket: { refuse: () => true } });
  await pass(10);
  assert.equal(client.transport, "stream");
  assert.equal(client.status, "online");
  server.send(group, "bea", "by the stream");
  await pass(1);
  assert.deepEqual(bodies(), ["hello", "by the stream"]);
  client.stop();
  server.stream = "refuses";
  await start({ socket: { refuse: () => true } });
  await pass(20);
  assert.equal(client.transport, "poll");
  server.send(group, "bea", "by polls");
  await pass(6);
  assert.equal(bodies().at(-1), "by polls");
});

test("who polls for want of better looks for better now and then", async () => {
  world();
  let isRefused = true;
  await start({ socket: { refuse: () => isRefused } });
  await pass(10);
  assert.equal(client.transport, "poll");
  isRefused = false;
  await pass(140);
  assert.equal(client.transport, "socket");
  await assertFresh();
});

test("a stream that ends is taken up where it was", async () => {
  world({ websocket: false, stream: true });
  await start();
  assert.equal(client.transport, "stream");
  server.send(group, "bea", "two");
  await pass(1);
  server.cut();
  server.send(group, "bea", "three");
  await pass(5);
  const streams = server.requests.filter((one) => one.path === "stream/");
  assert.equal(streams.length, 2);
  assert.match(streams[1].query, /cursor=/);
  assert.deepEqual(bodies(), ["hello", "two", "three"]);
  await assertFresh();
});

test("polling alone: everything comes, in turn", async () => {
  world({ websocket: false });
  await start();
  assert.equal(client.transport, "poll");
  server.send(group, "bea", "two");
  server.rename(group, "bea", "Ships");
  server.create("bea", ["ada"], { title: "New" });
  await pass(5);
  assert.deepEqual(bodies(), ["hello", "two"]);
  assert.deepEqual(client.conversations().map((one) => one.title), ["New", "Ships"]);
  server.remove(group, "bea", "ada");
  await pass(5);
  assert.deepEqual(client.conversations().map((one) => one.title), ["New"]);
});

test("a server that is away is asked less and less, and found again", async () => {
  world();
  let isAway = false;
  const faults = { fault: () => (isAway ? "unreached" : undefined) };
  await start({ faults, socket: { refuse: () => isAway } });
  isAway = true;
  server.cut();
  const before = server.requests.length;
  await pass(300, 0.5);
  const tries = server.requests.length - before;
  assert.ok(tries >= 8 && tries < 40, `${tries} tries in five minutes`);
  assert.equal(client.status, "offline");
  isAway = false;
  server.send(group, "bea", "after the storm");
  await pass(20);
  assert.equal(client.transport, "socket");
  assert.deepEqual(bodies(), ["hello", "after the storm"]);
});

test("what was written meanwhile is sent as soon as the server is found again", async () => {
  world();
  let isAway = false;
  const faults = { fault: () => (isAway ? "unreached" : undefined) };
  await start({ faults, socket: { refuse: () => isAway } });
  isAway = true;
  server.cut();
  client.send(group.id, { body: "meanwhile" });
  // By now it is tried every fifteen to thirty seconds, and the server twice as often.
  await pass(120, 0.5);
  isAway = false;
  for (let seconds = 0; client.status !== "online" && seconds < 20; seconds += 0.1) await pass(0.1);
  assert.equal(client.status, "online");
  await pass(0.2);
  assert.deepEqual(group.messages.map((row) => row.body), ["hello", "meanwhile"]);
});

test("a new epoch: everything is loaded anew, whatever the numbers say", async () => {
  world({ websocket: false });
  await start();
  for (let count = 0; count < 5; count++) server.send(group, "bea", `lost ${count}`);
  await pass(5);
  assert.equal(bodies().length, 6);
  // A backup of before is restored.
  group.messages.length = 1;
  group.log.length = 2;
  Object.assign(group, { event_seq: 2, last_seq: 1, count_seq: 1, last_message_at: group.messages[0].sent_at });
  Object.assign(group.members.get("bea"), { last_read_seq: 1, read_count_seq: 1 });
  server.epoch = "2";
  await pass(5);
  assert.deepEqual(bodies(), ["hello"]);
  server.send(group, "bea", "anew");
  await pass(5);
  assert.deepEqual(bodies(), ["hello", "anew"]);
  await assertFresh();
});

test("a new epoch with the numbers of the old one", async () => {
  world({ websocket: false });
  await start();
  server.send(group, "bea", "two");
  await pass(5);
  group.messages[0].body = "hello from the backup";
  server.epoch = "2";
  await pass(8);
  assert.deepEqual(bodies(), ["hello from the backup", "two"]);
});

test("whoever is logged out is told, and asks no more", async () => {
  world({ websocket: false });
  let isOut = false;
  const gone = [403, { code: "not_authenticated", detail: "Log in." }];
  await start({ faults: { fault: () => (isOut ? gone : undefined) } });
  isOut = true;
  await pass(10);
  assert.equal(client.status, "signed-out");
  const before = server.requests.length;
  await pass(60);
  assert.equal(server.requests.length, before);
});

test("a throttled poll waits as long as it is told", async () => {
  world({ websocket: false });
  let isHeld = false;
  await start({ faults: { fault: (_, path) => (isHeld && path === "sync/" ? [429, { code: "throttled" }, { "Retry-After": "30" }] : undefined) } });
  isHeld = true;
  const before = asked("sync/");
  await pass(25);
  assert.equal(asked("sync/"), before + 1);
});

test("a list of several pages is loaded as far as it is wanted", async () => {
  world({ pageSize: 4 });
  for (let count = 0; count < 9; count++) server.create("bea", ["ada"], { title: `t${count}` });
  await start();
  assert.equal(client.conversations().length, 5, "a page, and the one that was opened");
  while (client.nextPage) await client.moreConversations();
  assert.equal(client.conversations().length, 10);
  server.update(group, "ada", { pinned_at: server.tick() });
  await pass(1);
  assert.equal(client.conversations()[0].title, "Boats");
});

test("archived until the next message, unless muted", async () => {
  world();
  await start();
  await client.updateMembership(group.id, { archived: true });
  assert.deepEqual(client.conversations(), []);
  assert.equal(client.conversations({ archived: true }).length, 1);
  server.send(group, "bea", "back");
  await pass(1);
  assert.equal(client.conversations().length, 1);
  await client.updateMembership(group.id, { archived: true, muted_until: "2036-01-01T00:00:00Z" });
  server.send(group, "bea", "not heard");
  await pass(1);
  assert.deepEqual(client.conversations(), []);
});

test("a client that is stopped and started again is one", async () => {
  world({ websocket: false });
  await start();
  client.stop();
  client.start();
  client.stop();
  client.start();
  await pass(2);
  const before = asked("sync/");
  await pass(30);
  assert.ok(asked("sync/") - before < 15);
});
