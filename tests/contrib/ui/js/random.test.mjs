// Histories by chance, over networks that break by chance: in the end a client shows what a fresh one does.
import assert from "node:assert/strict";
import { test } from "node:test";
import { during, pass, settle, startClock, stopClock } from "./clock.mjs";
import { clientOf, shelf, shown } from "./people.mjs";
import { Server } from "./server.mjs";

const RUNS = Number(process.env.CONVO_RANDOM_RUNS ?? 12);
const FIRST = Number(process.env.CONVO_RANDOM_SEED ?? 1);
const STEPS = 160;

/** Numbers that only seem to be by chance (mulberry32). */
function chance(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

function act(server, random, who) {
  const pick = (list) => list[Math.floor(random() * list.length)];
  const alive = [...server.conversations.values()].filter((one) => !one.gone && one.members.size);
  const group = pick(alive);
  const actor = pick([...group.members.keys()]);
  const message = pick(group.messages.slice(-20));
  const dice = random();
  if (dice < 0.4 || !message) {
    const isHidden = random() < 0.06 && actor !== "ada";
    server.send(group, actor, `${actor} ${server.ids}`, {
      reply_to: message && random() < 0.3 ? message.id : null,
      thread_root: message && !isHidden && !message.thread_root && random() < 0.2 ? message.id : null,
      hidden: isHidden ? ["ada"] : [],
      mentions: random() < 0.1 ? ["ada"] : [],
    });
  } else if (dice < 0.47) server.edit(group, message, `${message.body}!`);
  else if (dice < 0.54) server.delete(group, message);
  else if (dice < 0.57) server.restore(group, message);
  else if (dice < 0.67) server.react(group, message, actor, pick(["👍", "🎉", "❤️"]), random() < 0.7);
  else if (dice < 0.7) server.pin(group, message, actor, random() < 0.6);
  else if (dice < 0.76) server.read(group, actor);
  else if (dice < 0.79) server.point(group, "ada" in group.members ? "ada" : actor, Math.floor(random() * group.last_seq));
  else if (dice < 0.83) server.add(group, actor, pick(who));
  else if (dice < 0.86) group.members.size > 2 && server.remove(group, actor, pick([...group.members.keys()]));
  else if (dice < 0.88) server.rename(group, actor, `title ${server.ids}`);
  else if (dice < 0.9) server.close(group, actor, random() < 0.5);
  else if (dice < 0.93) server.create(actor, [pick(who), "ada"].filter((id) => id !== actor), { title: `new ${server.ids}` });
  else if (dice < 0.935 && alive.length > 3) server.erase(group, actor);
  else if (dice < 0.97 && group.members.has("ada")) {
    server.update(group, "ada", pick([{ pinned_at: server.tick() }, { pinned_at: null }, { archived_at: server.tick() }, { archived_at: null }]));
  }
}

async function run(seed, options) {
  const random = chance(seed);
  const server = new Server({ syncMaxEvents: 25, ...options });
  const who = ["ada", "bea", "cid", "dot", "eve"];
  for (const id of who) server.person(id);
  for (let count = 0; count < 3; count++) server.create("ada", ["bea", "cid"], { title: `group ${count}` });
  const opened = [...server.conversations.keys()].slice(0, 2);
  let isRough = true;
  const rough = (part) => isRough && random() < part;
  const late = [];
  const filter = (frame) => {
    if (frame.type === "pong" || frame.type === "resumed" || !frame.event_seq) return [frame];
    if (rough(0.05)) return [];
    if (rough(0.05)) return [frame, frame];
    if (rough(0.1)) return late.push(frame), [];
    return rough(0.3) ? [frame, ...late.splice(0)] : [frame];
  };
  const faults = {
    fault: () => (rough(0.08) ? "unreached" : rough(0.04) ? "unanswered" : rough(0.03) ? [503, { code: "try_again" }, { "Retry-After": "1" }] : undefined),
    delay: () => (isRough ? Math.floor(random() * 4) / 4 : 0),
  };
  const client = clientOf(server, "ada", { faults, socket: { filter, refuse: () => rough(0.2) }, storage: shelf() });
  client.start();
  await pass(2);
  for (const id of opened) await during(client.open(id).catch(() => {}));
  const written = new Set();
  for (let step = 0; step < STEPS; step++) {
    act(server, random, who);
    if (random() < 0.08) server.cut();
    for (const id of opened) if (!client.loaded(id) && client.conversation(id)) client.open(id).catch(() => {});
    const mine = opened.find((id) => client.conversation(id) && !client.conversation(id).closed_at);
    if (mine && random() < 0.15) written.add(`${mine} ${client.send(mine, { body: `by the client ${step}` })}`);
    const own = mine && client.messages(mine).findLast((one) => one.sender?.user_id === "ada" && one.seq < Infinity && !one.deleted_at);
    const caught = () => {};
    if (own && random() < 0.05) client.edit(own, `edited ${step}`).catch(caught);
    if (own && random() < 0.05) client.react(own, "👍", random() < 0.7).catch(caught);
    if (own && random() < 0.03) client.delete(own).catch(caught);
    if (mine && random() < 0.1) client.read(mine);
    if (mine && random() < 0.1) client.further(mine, "older").catch(caught);
    if (random() < 0.6) await pass(random() < 0.1 ? 5 : 0.3);
    else await settle(2);
  }
  isRough = false;
  // What the network swallowed without breaking is found when it breaks.
  await pass(30, 0.25);
  server.cut();
  await pass(100, 0.25);
  // What the client still holds open, a fresh one opens over the same stretch.
  const fresh = clientOf(server, "ada");
  fresh.start();
  await pass(1);
  while (fresh.nextPage) await during(fresh.moreConversations());
  while (client.nextPage) await during(client.moreConversations());
  for (const id of opened) {
    if (!client.conversation(id)) continue;
    if (!client.loaded(id)) await during(client.open(id));
    await during(fresh.open(id, { limit: 200 }));
    while (client.loaded(id).older) await during(client.further(id, "older"));
    while (fresh.loaded(id).older) await during(fresh.further(id, "older"));
  }
  await pass(1);
  assert.ok(fresh.conversations().length, `seed ${seed}: there is something to compare`);
  // By the time it was sent, one had been removed, or the conversation closed.
  const refused = opened.flatMap((id) => client.messages(id)).filter((one) => one.error);
  assert.deepEqual(refused.filter((one) => !["not_found", "conversation_closed"].includes(one.error.code)), [], `seed ${seed}`);
  const isRefused = new Set(refused.map((one) => one.client_id));
  assert.deepEqual(shown(client, opened), shown(fresh, opened), `seed ${seed}`);
  for (const sent of written) {
    const [id, clientId] = sent.split(" ");
    const group = server.conversations.get(id);
    if (!group.members.has("ada") || group.gone) continue;
    const rows = group.messages.filter((row) => row.client_id === clientId);
    const waits = client.messages(id).filter((one) => one.client_id === clientId);
    const times = isRefused.has(clientId) ? 0 : 1;
    assert.equal(rows.length, times, `seed ${seed}: there once, unless it was refused`);
    assert.equal(waits.length, times, `seed ${seed}: shown once, unless it was refused`);
  }
  client.stop();
  fresh.stop();
}

for (const [name, options] of [["a socket", {}], ["a stream", { websocket: false, stream: true }], ["polls", { websocket: false }]]) {
  test(`random histories over ${name}`, async () => {
    for (let seed = FIRST; seed < FIRST + RUNS; seed++) {
      stopClock();
      const real = Math.random;
      Math.random = chance(seed * 7919);
      try {
        await run(seed, options);
      } finally {
        Math.random = real;
        startClock();
      }
    }
  });
}
