// Clients over the server of `server.mjs`, and what they show.
import { ConvoClient } from "./module.mjs";

/** A `localStorage`. */
export function shelf() {
  const kept = new Map();
  return {
    get length() {
      return kept.size;
    },
    key: (index) => [...kept.keys()][index] ?? null,
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
}

export function clientOf(server, user, { faults = {}, socket = {}, storage = null, ...options } = {}) {
  return new ConvoClient({
    api: "/api/", csrf: "token", storage, fetch: server.fetch(user, faults), WebSocket: server.socketClass(user, socket), ...options,
  });
}

/** Everything that a client shows, but what frames hold only by reference. */
export function shown(client, opened) {
  const conversations = [...client.conversations(), ...client.conversations({ archived: true })].map((one) => {
    const { last_message, ...rest } = one;
    const quoted = last_message?.reply_to?.message_id;
    return { ...rest, last_message: last_message && { ...last_message, reply_to: quoted ?? null } };
  });
  const messages = Object.fromEntries(opened.filter((id) => client.conversation(id)).map((id) => [id, client.messages(id)]));
  return JSON.parse(JSON.stringify({ conversations, messages }));
}
