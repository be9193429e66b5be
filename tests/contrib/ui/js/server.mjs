// A server in a few hundred lines: the contract's REST and sockets over conversations in memory, with a log whose
// frames are rendered from the rows as they are when they are read.

const iso = (moment) => new Date(moment).toISOString();
const FIRST = 10;

export class Server {
  constructor({ epoch = "1", pageSize = 50, syncMaxEvents = 100, websocket = true, stream = false } = {}) {
    Object.assign(this, { epoch, pageSize, syncMaxEvents, websocket, stream });
    this.people = new Map();
    this.conversations = new Map();
    this.sockets = new Set();
    this.streams = new Set();
    this.now = Date.parse("2026-04-01T12:00:00Z");
    this.ids = 0;
    this.requests = [];
  }

  person(id, name = id) {
    this.people.set(id, { user_id: id, name, avatar: null });
    return id;
  }

  tick() {
    return (this.now += 1000);
  }

  id(kind) {
    return `${kind}-${String(++this.ids).padStart(6, "0")}`;
  }

  card(id) {
    return this.people.get(id) ?? null;
  }

  // What people do.

  create(actor, others, { kind = "group", title = "" } = {}) {
    const conversation = {
      id: this.id("c"), kind, title, created_by: actor, closed_at: null, members: new Map(), messages: [], log: [],
      event_seq: 0, last_seq: 0, count_seq: 0, last_message_at: this.tick(), changed_at: this.now, left: new Map(), gone: false,
    };
    this.conversations.set(conversation.id, conversation);
    for (const id of [actor, ...others]) this.enter(conversation, id);
    this.emit(conversation, "conversation.created", actor, {});
    for (const id of conversation.members.keys()) this.tell(id, "conversation.joined", conversation, () => ({ conversation: this.snapshot(id, conversation) }));
    return conversation;
  }

  enter(conversation, id) {
    conversation.members.set(id, {
      role: conversation.members.size ? "member" : "owner", joined_at: this.tick(), joined_event_seq: conversation.event_seq + 1,
      visible_from: 1, last_read_seq: conversation.last_seq, read_count_seq: conversation.count_seq, mention_count: 0,
      muted_until: null, archived_at: null, pinned_at: null, draft: null, updated_at: this.now,
    });
    conversation.left.delete(id);
  }

  add(conversation, actor, id) {
    if (conversation.members.has(id)) return;
    this.enter(conversation, id);
    this.emit(conversation, "participant.added", actor, { user: id });
    this.tell(id, "conversation.joined", conversation, () => ({ conversation: this.snapshot(id, conversation) }));
  }

  remove(conversation, actor, id) {
    if (!conversation.members.has(id)) return;
    conversation.members.delete(id);
    conversation.left.set(id, this.tick());
    this.emit(conversation, "participant.removed", actor, { user: id });
    this.tell(id, "conversation.left", conversation, () => ({}));
  }

  send(conversation, actor, body, { client_id = null, reply_to = null, thread_root = null, hidden = [], mentions = [] } = {}) {
    const known = client_id && conversation.messages.find((row) => row.sender === actor && row.client_id === client_id);
    if (known) return known;
    const message = {
      id: this.id("m"), seq: ++conversation.last_seq, count_seq: ++conversation.count_seq, sender: actor, body, client_id,
      sent_at: this.tick(), edited_at: null, deleted_at: null, reply_to, thread_root, reply_count: 0, reactions: new Map(),
      pinned: false, hidden: new Set(hidden), mentions,
    };
    conversation.messages.push(message);
    conversation.last_message_at = message.sent_at;
    const root = thread_root && conversation.messages.find((row) => row.id === thread_root);
    if (root) root.reply_count++;
    const own = conversation.members.get(actor);
    Object.assign(own, { last_read_seq: message.seq, read_count_seq: conversation.count_seq, mention_count: 0, updated_at: this.now });
    for (const id of mentions) if (id !== actor && conversation.members.has(id)) conversation.members.get(id).mention_count++;
    this.emit(conversation, "message.created", actor, { message });
    this.tellOwn(conversation, actor);
    for (const id of mentions) if (id !== actor) this.tellOwn(conversation, id);
    return message;
  }

  edit(conversation, message, body) {
    Object.assign(message, { body, edited_at: this.tick() });
    this.emit(conversation, "message.updated", message.sender, { message });
  }

  delete(conversation, message) {
    if (message.deleted_at) return;
    message.deleted_at = this.tick();
    this.shift(conversation, message, 1);
    this.emit(conversation, "message.deleted", message.sender, { message });
  }

  restore(conversation, message) {
    if (!message.deleted_at) return;
    message.deleted_at = null;
    this.shift(conversation, message, -1);
    this.emit(conversation, "message.restored", message.sender, { message });
  }

  shift(conversation, message, by) {
    for (const [id, member] of conversation.members) {
      if (id === message.sender || member.last_read_seq >= message.seq) continue;
      member.read_count_seq += by;
      member.updated_at = this.now;
      this.tellOwn(conversation, id);
    }
  }

  react(conversation, message, actor, emoji, isOn) {
    const users = message.reactions.get(emoji) ?? new Set();
    if (users.has(actor) === isOn || message.deleted_at) return;
    if (isOn) message.reactions.set(emoji, users.add(actor));
    else if (users.delete(actor) && !users.size) message.reactions.delete(emoji);
    this.emit(conversation, isOn ? "reaction.added" : "reaction.removed", actor, { message, emoji, user: actor });
  }

  pin(conversation, message, actor, isOn) {
    if (message.pinned === isOn || message.deleted_at) return;
    message.pinned = isOn;
    this.emit(conversation, isOn ? "message.pinned" : "message.unpinned", actor, { message });
  }

  rename(conversation, actor, title) {
    conversation.title = title;
    this.emit(conversation, "conversation.updated", actor, {});
  }

  close(conversation, actor, isClosed = true) {
    conversation.closed_at = isClosed ? this.tick() : null;
    this.emit(conversation, isClosed ? "conversation.closed" : "conversation.reopened", actor, {});
  }

  erase(conversation, actor) {
    conversation.gone = true;
    this.emit(conversation, "conversation.deleted", actor, {});
    for (const id of conversation.members.keys()) this.tell(id, "conversation.left", conversation, () => ({}));
    for (const id of conversation.members.keys()) conversation.left.set(id, this.tick());
    conversation.members.clear();
  }

  read(conversation, actor, seq = conversation.last_seq) {
    const member = conversation.members.get(actor);
    const upTo = Math.max(member.last_read_seq, Math.min(seq, conversation.last_seq));
    this.point(conversation, actor, upTo);
    for (const id of conversation.members.keys()) {
      if (id !== actor) this.tell(id, "read", conversation, () => ({ user: this.card(actor), seq: upTo }));
    }
  }

  point(conversation, actor, seq) {
    const member = conversation.members.get(actor);
    const waiting = conversation.messages.filter((row) => row.seq > seq && row.sender !== actor && !row.deleted_at).length;
    Object.assign(member, { last_read_seq: seq, read_count_seq: conversation.count_seq - waiting, mention_count: 0, updated_at: this.tick() });
    this.tellOwn(conversation, actor);
  }

  update(conversation, actor, changes) {
    Object.assign(conversation.members.get(actor), changes, { updated_at: this.tick() });
    this.tellOwn(conversation, actor);
  }

  // How it is told.

  emit(conversation, type, actor, payload) {
    const event = { event_seq: ++conversation.event_seq, type, actor, payload, at: this.tick() };
    conversation.log.push(event);
    conversation.changed_at = this.now;
    for (const sink of [...this.sockets, ...this.streams]) {
      if (conversation.members.has(sink.user)) sink.deliver(this.frame(sink.user, conversation, event));
    }
  }

  tell(user, type, conversation, data) {
    for (const sink of [...this.sockets, ...this.streams]) {
      if (sink.user === user) sink.deliver({ type, conversation_id: conversation.id, data: data() });
    }
  }

  tellOwn(conversation, user) {
    const member = conversation.members.get(user);
    if (!member) return;
    this.tell(user, "membership.updated", conversation, () => this.membershipState(conversation, member));
  }

  membershipState(conversation, member) {
    return {
      membership: this.membership(member), mention_count: member.mention_count,
      unread_count: conversation.count_seq - member.read_count_seq,
    };
  }

  membership(member) {
    const { role, last_read_seq, read_count_seq, draft } = member;
    const moments = Object.fromEntries(["joined_at", "muted_until", "archived_at", "pinned_at"].map((name) => [name, member[name] && iso(member[name])]));
    return { role, last_read_seq, read_count_seq, ...moments, notify: "all", draft };
  }

  message(user, conversation, row, inFrame = false) {
    const quoted = row.reply_to && conversation.messages.find((other) => other.id === row.reply_to);
    const isSeen = quoted && !quoted.hidden.has(user);
    const words = quoted && (quoted.deleted_at ? "" : [...quoted.body].slice(0, 140).join(""));
    let reply_to = null;
    if (quoted && inFrame) reply_to = { message_id: quoted.id, seq: quoted.seq };
    else if (quoted) reply_to = isSeen ? { message_id: quoted.id, seq: quoted.seq, sender: this.card(quoted.sender), excerpt: words } : { message_id: null };
    const reactions = row.deleted_at ? [] : [...row.reactions].map(([emoji, users]) => ({ emoji, count: users.size, ...(inFrame ? {} : { me: users.has(user) }) }));
    return {
      message_id: row.id, conversation: conversation.id, seq: row.seq, kind: "user", sender: this.card(row.sender),
      message_body: row.deleted_at ? "" : row.body, sent_at: iso(row.sent_at), edited_at: row.edited_at && iso(row.edited_at),
      deleted_at: row.deleted_at && iso(row.deleted_at), reply_to, thread_root: row.thread_root, reply_count: row.reply_count,
      attachments: [], mentions: row.deleted_at ? [] : row.mentions.map((id) => this.card(id)), reactions, metadata: {},
      pinned: row.pinned, editable_until: null, ...(row.sender === user ? { client_id: row.client_id } : {}),
    };
  }

  frame(user, conversation, event) {
    const head = { type: event.type, conversation_id: conversation.id, event_seq: event.event_seq };
    const { message, emoji, user: concerned } = event.payload;
    if (message?.hidden.has(user)) return { ...head, type: "hidden" };
    const noun = event.type.split(".")[0];
    const count = conversation.members.size;
    let data;
    if (noun === "message") {
      const root = message.thread_root && conversation.messages.find((row) => row.id === message.thread_root);
      data = { message: this.message(user, conversation, message, true), ...(root ? { thread_root: { message_id: root.id, seq: root.seq, reply_count: root.reply_count } } : {}) };
    } else if (noun === "reaction") {
      const { reactions } = this.message(user, conversation, message, true);
      data = { message_id: message.id, emoji, user: this.card(concerned), reactions };
    } else if (noun === "participant") {
      data = { user_id: concerned, user: this.card(concerned), role: conversation.members.get(concerned)?.role ?? null, participant_count: count };
    } else data = { conversation: this.shared(conversation) };
    return { ...head, seq: message?.seq ?? null, count_seq: conversation.count_seq, actor: this.card(event.actor), at: iso(event.at), data };
  }

  shared(conversation) {
    const { id, kind, title, closed_at } = conversation;
    return { conversation_id: id, kind, title, topic: "", closed_at: closed_at && iso(closed_at), participant_count: conversation.members.size, created_by: this.card(conversation.created_by) };
  }

  snapshot(user, conversation) {
    const member = conversation.members.get(user);
    const last = conversation.messages.at(-1);
    const isDirect = conversation.kind === "direct";
    const participants = [...conversation.members].slice(0, FIRST).map(([id, one]) => ({
      user: this.card(id), role: one.role, ...(isDirect ? { last_read_seq: one.last_read_seq, last_delivered_seq: 0 } : {}),
    }));
    return {
      ...this.shared(conversation), participants,
      last_message: last && !last.hidden.has(user) ? this.message(user, conversation, last) : null,
      last_message_at: iso(conversation.last_message_at), last_seq: conversation.last_seq, count_seq: conversation.count_seq,
      event_seq: conversation.event_seq, unread_count: conversation.count_seq - member.read_count_seq,
      mention_count: member.mention_count, membership: this.membership(member),
      capabilities: conversation.closed_at ? ["conversation.leave"] : ["conversation.leave", "message.send"],
    };
  }

  // How it answers.

  log(user, conversation, after, limit = 200) {
    const member = conversation.members.get(user);
    const events = conversation.log.filter((event) => event.event_seq > Math.max(after, member.joined_event_seq - 1)).slice(0, limit);
    const head = conversation.event_seq;
    const limited = after >= head ? after > head : after + 1 < member.joined_event_seq || !events.length || events[0].event_seq > after + 1;
    return { results: events.map((event) => this.frame(user, conversation, event)), head, limited, epoch: this.epoch };
  }

  window(user, conversation, query) {
    const number = (name) => (query.has(name) ? Number(query.get(name)) : undefined);
    const limit = number("limit") ?? 50;
    const rows = conversation.messages.filter((row) => !row.hidden.has(user)).reverse();
    const member = conversation.members.get(user);
    let anchor = null;
    if (query.get("anchor") === "first_unread") anchor = rows.findLast((row) => row.seq > member.last_read_seq && row.sender !== user && !row.deleted_at)?.seq ?? null;
    if (number("around") !== undefined) anchor = Math.max(1, Math.min(number("around"), conversation.last_seq));
    let kept = rows;
    if (anchor !== null) kept = kept.filter((row) => row.seq <= Math.max(anchor + Math.floor(limit / 2), limit));
    const [before, after] = [number("before"), number("after")];
    kept = kept.filter((row) => (before === undefined || row.seq < before) && (after === undefined || row.seq > after));
    kept = after !== undefined && before === undefined ? kept.slice(-limit) : kept.slice(0, limit);
    const older = kept.length && rows.some((row) => row.seq < kept.at(-1).seq);
    const newer = kept.length && rows.some((row) => row.seq > kept[0].seq);
    return {
      next: older ? "http://x/?before" : null, previous: newer ? "http://x/?after" : null, event_seq: conversation.event_seq,
      anchor_seq: anchor, oldest_seq: 1, results: kept.map((row) => this.message(user, conversation, row)),
    };
  }

  sync(user, { cursor, heads = {} }) {
    const mine = [...this.conversations.values()].filter((one) => one.members.has(user));
    const since = cursor === null || cursor === undefined ? -Infinity : Number(cursor) - 60_000;
    const changed = mine.filter((one) => one.changed_at >= since || one.members.get(user).updated_at >= since);
    const events = {};
    const limited = [];
    const removed = [];
    for (const [id, head] of Object.entries(heads)) {
      const conversation = this.conversations.get(id);
      if (!conversation?.members.has(user)) {
        removed.push(id);
        continue;
      }
      const log = this.log(user, conversation, head, Infinity);
      if (log.limited || conversation.event_seq - head > this.syncMaxEvents) limited.push(id);
      else if (log.results.length) events[id] = log.results;
    }
    for (const one of this.conversations.values()) if ((one.left.get(user) ?? -Infinity) >= since && since > -Infinity) removed.push(one.id);
    return { conversations: changed.map((one) => this.snapshot(user, one)), events, limited, removed, cursor: String(this.now), more: false, epoch: this.epoch };
  }

  /** Answer as `[status, body, headers]`. */
  answer(user, method, path, query, body) {
    const route = `${method} ${path}`;
    if (route === "GET config/") {
      return [200, { websocket_url: this.websocket ? "ws://x/ws/convo/" : null, stream_url: this.stream ? "http://x/api/stream/" : null, epoch: this.epoch, ping_interval: 25, limits: { sync_max_heads: 500 }, features: [] }];
    }
    if (route === "GET users/me/") return [200, this.card(user)];
    if (route === "POST sync/") return [200, this.sync(user, body)];
    if (route === "POST ticket/") return [201, { ticket: "once" }];
    if (route === "GET unread/") return [200, { conversations: 0, messages: 0, mentions: 0 }];
    if (route === "GET conversations/") {
      const from = Number(query.get("cursor") ?? 0);
      const all = [...this.conversations.values()].filter((one) => one.members.has(user)).map((one) => this.snapshot(user, one));
      all.sort((one, other) => Number(!!other.membership.pinned_at) - Number(!!one.membership.pinned_at) || Date.parse(other.last_message_at) - Date.parse(one.last_message_at));
      const next = from + this.pageSize < all.length ? `https://elsewhere/api/conversations/?cursor=${from + this.pageSize}` : null;
      return [200, { next, previous: null, results: all.slice(from, from + this.pageSize) }];
    }
    const [, id, rest] = /^conversations\/([^/]+)\/(.*)$/.exec(path) ?? [];
    const conversation = this.conversations.get(id);
    if (!conversation?.members.has(user)) return [404, { code: "not_found", detail: "Not found." }];
    const member = conversation.members.get(user);
    if (method === "GET" && rest === "") return [200, this.snapshot(user, conversation)];
    if (method === "GET" && rest === "events/") return [200, this.log(user, conversation, Number(query.get("after")), Number(query.get("limit")))];
    if (method === "GET" && rest === "messages/") return [200, this.window(user, conversation, query)];
    if (method === "POST" && rest === "messages/") {
      if (body.message_body === "refuse me") return [403, { code: "message_refused", detail: "No." }];
      const isNew = !conversation.messages.some((row) => row.client_id === body.client_id && row.sender === user);
      const row = this.send(conversation, user, body.message_body, body);
      return [isNew ? 201 : 200, this.message(user, conversation, row)];
    }
    const state = () => [200, { conversation_id: id, ...this.membership(member), ...this.membershipState(conversation, member), membership: undefined }];
    if (rest === "read/") return this.read(conversation, user, body.seq), state();
    if (rest === "unread/") return this.point(conversation, user, body.seq - 1), state();
    if (rest === "draft/") return this.update(conversation, user, { draft: method === "PUT" ? body : null }), state();
    if (rest === "membership/") {
      const changes = {};
      if ("archived" in body) changes.archived_at = body.archived ? this.tick() : null;
      if ("pinned" in body) changes.pinned_at = body.pinned ? this.tick() : null;
      if ("muted_until" in body) changes.muted_until = body.muted_until && Date.parse(body.muted_until);
      return this.update(conversation, user, changes), state();
    }
    const [, messageId, verb] = /^messages\/([^/]+)\/(.*)$/.exec(rest) ?? [];
    const message = conversation.messages.find((row) => row.id === messageId);
    if (!message) return [404, { code: "not_found", detail: "Not found." }];
    if (method === "PATCH") {
      if (body.message_body === "refuse me") return [403, { code: "edit_window_over", detail: "Too late." }];
      this.edit(conversation, message, body.message_body);
    } else if (method === "DELETE" && verb === "") return this.delete(conversation, message), [204, null];
    else if (verb === "restore/") this.restore(conversation, message);
    else if (verb === "pin/") this.pin(conversation, message, user, method === "PUT");
    else if (verb.startsWith("reactions/")) this.react(conversation, message, user, decodeURIComponent(verb.split("/")[1]), method === "PUT");
    return [200, this.message(user, conversation, message)];
  }

  /**
   * A `fetch` of one person's. `fault(method, path)` may return "unreached", "unanswered" (done, but nobody hears of it)
   * or an answer; `delay()` says how many seconds the answer takes.
   */
  fetch(user, { fault = () => undefined, delay = () => 0 } = {}) {
    return async (address, { method = "GET", body, headers = {} } = {}) => {
      const url = new URL(address, "http://x");
      const path = url.pathname.replace(/^\/api\//, "");
      this.requests.push({ user, method, path, query: url.search, body: body && JSON.parse(body), headers });
      const broken = fault(method, path);
      if (broken === "unreached") throw new TypeError("fetch failed");
      const [status, answer, more] = Array.isArray(broken) ? broken : this.answer(user, method, path, url.searchParams, body && JSON.parse(body));
      const text = status === 204 ? null : JSON.stringify(answer);
      const seconds = delay();
      if (seconds) await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
      if (broken === "unanswered") throw new TypeError("connection reset");
      return new Response(text, { status, headers: more });
    };
  }

  /** An `EventSource` class of one person's. */
  eventSourceClass(user) {
    const server = this;
    return class {
      constructor(url) {
        server.requests.push({ user, method: "GET", path: "stream/", query: new URL(url).search });
        Object.assign(this, { user, isOpen: false });
        queueMicrotask(() => {
          if (server.stream === "refuses") return this.onerror?.({});
          this.isOpen = true;
          server.streams.add(this);
          this.onopen?.({});
        });
      }

      deliver(frame) {
        const event = { data: JSON.stringify(frame), lastEventId: String(server.now) };
        queueMicrotask(() => this.isOpen && this.onmessage?.(event));
      }

      end() {
        this.close();
        queueMicrotask(() => this.onerror?.({}));
      }

      close() {
        this.isOpen = false;
        server.streams.delete(this);
      }
    };
  }

  /** A `WebSocket` class of one person's; `filter(frame)` returns the frames that arrive in its place. */
  socketClass(user, { filter = (frame) => [frame], refuse = () => false } = {}) {
    const server = this;
    return class {
      constructor(url, protocols) {
        Object.assign(this, { url, protocols, readyState: 0, user, sent: [] });
        server.lastSocket = this;
        queueMicrotask(() => {
          if (this.readyState === 3) return;
          if (refuse()) return this.cut();
          this.readyState = 1;
          server.sockets.add(this);
          this.onopen?.();
        });
      }

      deliver(frame) {
        const text = JSON.stringify(frame);
        queueMicrotask(() => {
          if (this.readyState !== 1) return;
          for (const one of filter(JSON.parse(text))) this.onmessage?.({ data: JSON.stringify(one) });
        });
      }

      send(text) {
        const frame = JSON.parse(text);
        this.sent.push(frame);
        if (frame.type === "ping") this.deliver({ type: "pong", cursor: String(server.now) });
        if (frame.type === "resume" && frame.cursor === "spoilt") this.deliver({ type: "error", code: "invalid_cursor", detail: "No." });
        else if (frame.type === "resume") {
          const { events, limited, removed, cursor, conversations } = server.sync(user, frame);
          for (const id of removed) this.deliver({ type: "conversation.left", conversation_id: id, data: {} });
          for (const frames of Object.values(events)) for (const one of frames) this.deliver(one);
          for (const one of frame.cursor ? conversations : []) {
            const type = one.conversation_id in frame.heads ? "membership.updated" : "conversation.joined";
            const { membership, unread_count, mention_count } = one;
            const data = type === "membership.updated" ? { membership, unread_count, mention_count } : { conversation: one };
            this.deliver({ type, conversation_id: one.conversation_id, data });
          }
          this.deliver({ type: "resumed", limited, cursor, epoch: server.epoch });
        }
      }

      cut() {
        if (this.readyState === 3) return;
        this.readyState = 3;
        server.sockets.delete(this);
        queueMicrotask(() => this.onclose?.({ code: 1006 }));
      }

      close() {
        this.cut();
      }
    };
  }

  cut() {
    for (const socket of [...this.sockets]) socket.cut();
    for (const stream of [...this.streams]) stream.end();
  }
}
