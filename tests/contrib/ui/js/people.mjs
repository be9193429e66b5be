// Clients over the server of `server.mjs`, and what they show.
import { ConvoClient } from "./module.mjs";

/** A `localStorage`: what it keeps are its own properties. */
export function shelf() {
  return Object.create({
    get length() {
      return Object.keys(this).length;
    },
    getItem(key) {
      return this[key] ?? null;
    },
    setItem(key, value) {
      this[key] = value;
    },
    removeItem(key) {
      delete this[key];
    },
  });
}

export function clientOf(server, user, { faults = {}, socket = {}, storage = null, ...options } = {}) {
  return new ConvoClient({
    api: "/api/", csrf: () => "token", storage, fetch: server.fetch(user, faults), WebSocket: server.socketClass(user, socket),
    EventSource: server.eventSourceClass(user), ...options,
  });
}

/** Everything that a client shows, but what frames hold only by reference. */
export function shown(client, opened) {
  const conversations = [...client.conversations(), ...client.conversations({ archived: true })].map((one) => {
    const { last_message, ...rest } = one;
    // What was refused is there until one gives it up.
    for (const message of client.messages(one.conversation_id)) if (message.error) client.discard(message.client_id);
    // A preview quotes nothing: of what it answers, frames name also what one has not seen.
    return { ...rest, last_message: last_message && { ...last_message, reply_to: null } };
  });
  const messages = Object.fromEntries(opened.filter((id) => client.conversation(id)).map((id) => [id, client.messages(id)]));
  return JSON.parse(JSON.stringify({ conversations, messages }));
}
