/**
 * The chat's client (`ConvoClient`, to be imported by others) and its elements, which upgrade what the server rendered.
 *
 * One file without imports, since hashed static storage does not rewrite them. What comes from people is only ever
 * written as text. `docs/howto/javascript-client.md` says how to use it.
 */

/** @typedef {{user_id: any, name: string, avatar: string|null}} Card a user inside other answers */
/** @typedef {{emoji: string, count: number, me?: boolean}} Reaction */
/** @typedef {{message_id: string|null, seq?: number, sender?: Card|null, excerpt?: string}} Quote */
/**
 * @typedef {{attachment_id: string, name: string, content_type: string, size: number, width: number|null,
 *   height: number|null, url: string|null, thumbnail_url: string|null}} Attachment
 */
/**
 * A message as REST has it. What is on its way has no `seq`, and `pending` or, once refused, `error`.
 * @typedef {{message_id: string, conversation: string, seq: number, kind: string, sender: Card|null,
 *   message_body: string, sent_at: string, edited_at: string|null, deleted_at: string|null, client_id?: string|null,
 *   reply_to: Quote|null, thread_root: string|null, reply_count: number, attachments: Attachment[], mentions: Card[],
 *   reactions: Reaction[], metadata: object, pinned: boolean, editable_until: string|null, pending?: boolean,
 *   error?: {code: string, detail: string}|null}} Message
 */
/**
 * @typedef {{role: string, last_read_seq: number, read_count_seq: number, muted_until: string|null,
 *   archived_at: string|null, pinned_at: string|null, notify: string, joined_at: string,
 *   draft: {message_body: string, reply_to: string|null}|null}} Membership
 */
/** @typedef {{user: Card, role: string, last_read_seq?: number|null, last_delivered_seq?: number|null}} Participant */
/**
 * @typedef {{conversation_id: string, kind: string, title: string, topic: string, created_by: Card|null,
 *   closed_at: string|null, participant_count: number, participants: Participant[], last_message: Message|null,
 *   last_message_at: string, last_seq: number, count_seq: number, event_seq: number, unread_count: number,
 *   mention_count: number, membership: Membership|null, capabilities: string[]}} Conversation
 */
/**
 * @typedef {{type: string, conversation_id: string, event_seq?: number|null, seq?: number|null, count_seq?: number,
 *   actor?: Card|null, at?: string, data?: any, client_id?: string, cursor?: string, limited?: string[]}} Frame
 */
/** @typedef {{next: string|null, previous: string|null, event_seq: number, anchor_seq: number|null, oldest_seq: number, results: Message[]}} Page */
/**
 * The part of a conversation that is loaded: everything visible from `low` to `high`.
 * @typedef {{rows: Map<number, Message>, low: number, high: number, older: boolean, newer: boolean, oldest: number,
 *   anchor: number|null}} Loaded
 */
/**
 * `at` is the last event applied. `ownAt` says when one's own state last came, `isOwed` that it has to come, 
 * `stale` from which event on a fresh snapshot is wanted, and `touched` when a message was last told of.
 * @typedef {{it: Conversation, at: number, ownAt: number, isOwed: boolean, stale: number|null, loaded: Loaded|null, healing: boolean,
 *   timer: any, busy: Set<string>, touched: Map<number, number>}} State
 */
/**
 * @typedef {{body?: string, reply_to?: Message|null, thread_root?: string|null, attachments?: Attachment[],
 *   mentions?: Card[]}} Content what a message is made of
 */
/**
 * @typedef {{api: string, token?: string|null, csrf?: string|(() => string)|null, user?: Card|null,
 *   websocket?: string|false|null, fetch?: typeof fetch, WebSocket?: any, storage?: Storage|null,
 *   pollSeconds?: number}} Options
 */

const SECOND = 1000;
// Of one conversation, no more than this is held before the far end is let go.
const MOST_ROWS = 400;
const MOST_HEADS = 500;
const MOST_QUEUED = 100;
const EXCERPT_LENGTH = 140;
const TYPING_SECONDS = 6;
// On a transport that is not the best one, look for a better one this often.
const BETTER_SECONDS = 120;
const TEMPORARY = new Set([0, 429, 502, 503, 504]);

/** @param {number} seconds */
const jittered = (seconds) => seconds * SECOND * (0.5 + Math.random() / 2);
/** @param {number} attempt */
const backoff = (attempt) => jittered(Math.min(30, 2 ** attempt));
/** @param {any} one @param {any} other */
const same = (one, other) => one != null && other != null && String(one) === String(other);
/** @param {string|null|undefined} moment */
const at = (moment) => (moment ? Date.parse(moment) : 0);

/** A random UUID, also on plain http, where browsers hide `crypto.randomUUID`. */
function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** What the API refused, or `status` 0 where it was not reached. */
export class ConvoError extends Error {
  /** @param {number} status @param {string} code @param {string} detail @param {number} [retryAfter] seconds */
  constructor(status, code, detail, retryAfter) {
    super(detail);
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }

  /** Whether the same request may succeed later. */
  get isTemporary() {
    return TEMPORARY.has(this.status);
  }
}

/**
 * One person's chat: their conversations, the messages that were opened, and what is on its way.
 *
 * Events: `change` (`detail.ids`: a Set of conversation ids, all of which may be gone), `status`, `message` (one by
 * somebody else has just come), `typing`, `presence`, `unread`, `error`.
 */
export class ConvoClient extends EventTarget {
  /** @type {"idle"|"connecting"|"online"|"offline"|"signed-out"} */
  status = "idle";
  /** @type {"websocket"|"stream"|"poll"|null} */
  transport = null;
  /** @type {any} what `GET /config/` said */
  config = null;
  /** @type {Card|null} */
  user = null;
  /** Whether the list of conversations is complete, so far as `moreConversations` has not more. */
  isLoaded = false;
  /** @type {Map<string, {online: boolean, last_seen: string|null}>} by user id */
  presence = new Map();

  /** @type {Map<string, State>} */ #states = new Map();
  /** @type {any[]} what is on its way, in order */ #outbox = [];
  /** @type {Map<string, Set<(message: Message) => Message>>} changes on their way, by message id */ #changes = new Map();
  /** @type {Map<string, Map<string, {user: Card, timer: any}>>} */ #typing = new Map();
  /** @type {Map<string, any>} */ #timers = new Map();
  /** @type {Map<string, number>} when a conversation went */ #gone = new Map();
  /** @type {Set<string>} */ #changed = new Set();
  /** @type {Set<string>} */ #sending = new Set();
  /** @type {Set<() => void>} */ #sleepers = new Set();
  /** @type {string|null} */ #cursor = null;
  /** @type {string|null} */ #next = null;
  /** @type {any} */ #socket = null;
  /** @type {AbortController|null} */ #streaming = null;
  /** @type {(() => void)|null} */ #unlisten = null;
  #clock = 0;
  #level = 0;
  /** @type {object|null} the run between `start` and `stop` */ #run = null;
  #polls = 0;
  #tellsTyping = true;

  /** @param {Options} options */
  constructor(options) {
    super();
    this.options = options;
    this.api = options.api.replace(/\/*$/, "/");
    this.user = options.user ?? null;
  }

  // ---------------------------------------------------------------- asking

  /**
   * Ask the API; what it refuses is thrown as a `ConvoError`.
   * @param {string} method @param {string} path below the API's root @param {any} [body]
   * @returns {Promise<any>} the JSON answer, or null
   */
  async request(method, path, body) {
    const ask = this.options.fetch ?? fetch.bind(globalThis);
    /** @type {Response} */ let answer;
    try {
      answer = await ask(this.api + path, {
        method,
        headers: this.headers(method, body === undefined ? {} : { "Content-Type": "application/json" }),
        credentials: "same-origin",
        body: body === undefined ? undefined : JSON.stringify(body),
      });
    } catch (error) {
      throw new ConvoError(0, "network", String(error));
    }
    const data = answer.status === 204 ? null : await answer.json().catch(() => ({}));
    if (answer.ok) return data;
    throw refusal(answer.status, data, answer.headers.get("Retry-After"));
  }

  /**
   * The headers of a request: a token, or the CSRF token that goes with a session.
   * @param {string} method @param {Record<string, string>} [headers]
   */
  headers(method, headers = {}) {
    const { token, csrf } = this.options;
    headers.Accept = "application/json";
    if (token) headers.Authorization = `Token ${token}`;
    else if (method !== "GET") headers["X-CSRFToken"] = typeof csrf === "function" ? csrf() : (csrf ?? cookieToken());
    return headers;
  }

  // ---------------------------------------------------------------- living

  /** Connect, load, and stay up to date until `stop`. */
  start() {
    if (this.#run) return;
    this.#run = {};
    if (typeof window !== "undefined") this.#listen();
    this.#live(this.#run);
  }

  stop() {
    this.#run = null;
    this.#unlisten?.();
    this.#disconnect();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    for (const typing of this.#typing.values()) for (const one of typing.values()) clearTimeout(one.timer);
    for (const state of this.#states.values()) clearTimeout(state.timer);
    this.#timers.clear();
    this.#wake();
    this.#setStatus("idle");
  }

  /** Look at once for what is new, and try at once to send what waits. */
  poke() {
    this.#send({ type: "ping" });
    this.#wake();
  }

  /** @param {object} run */
  async #live(run) {
    let attempt = 0;
    let refused = 0;
    while (this.#run === run) {
      if (this.status !== "offline") this.#setStatus("connecting");
      let wait = 0;
      let isReachable = false;
      try {
        await this.#configure();
        if (this.#run !== run) return;
        isReachable = true;
        const ways = this.#ways();
        const way = ways[Math.min(this.#level, ways.length - 1)];
        this.transport = way;
        if (way === "websocket") await this.#liveOnSocket();
        else if (way === "stream") await this.#liveOnStream();
        else await this.#liveOnPolls(run);
      } catch (error) {
        const { status, code, retryAfter } = /** @type {any} */ (error);
        if (status === 401 || code === "not_authenticated" || code === "authentication_failed") {
          this.stop();
          return this.#setStatus("signed-out");
        }
        if (status === undefined) this.#emit("error", { error });
        wait = (retryAfter ?? 0) * SECOND;
      }
      if (this.#run !== run) return;
      if (this.status === "online") attempt = refused = 0;
      // The server is there and this transport is not: take the next one.
      else if (isReachable && ++refused >= 2) this.#level += 1, (refused = 0);
      const isOffline = typeof navigator !== "undefined" && navigator.onLine === false;
      this.#setStatus(isOffline || !isReachable ? "offline" : "connecting");
      await this.#sleep(Math.max(wait, backoff(attempt++) / 2));
    }
  }

  /** @returns {("websocket"|"stream"|"poll")[]} */
  #ways() {
    /** @type {("websocket"|"stream"|"poll")[]} */ const ways = ["poll"];
    if (this.config.stream_url) ways.unshift("stream");
    if (this.#socketAddress() && (this.options.WebSocket ?? globalThis.WebSocket)) ways.unshift("websocket");
    return ways;
  }

  #socketAddress() {
    const { websocket } = this.options;
    return websocket === false ? null : (websocket ?? this.config.websocket_url);
  }

  async #configure() {
    const config = await this.request("GET", "config/");
    const isRestored = this.config && this.config.epoch !== config.epoch;
    this.config = config;
    if (isRestored) await this.#startOver();
    if (!this.user) {
      const me = await this.request("GET", "users/me/");
      const name = me.name ?? `${me.first_name ?? ""} ${me.last_name ?? ""}`.trim();
      this.user = { user_id: me.user_id, name, avatar: me.avatar ?? null };
    }
    if (!this.#outbox.length) this.#recall();
    for (const id of new Set(this.#outbox.map((entry) => entry.conversation))) this.#flush(id);
  }

  async #liveOnSocket() {
    const Socket = this.options.WebSocket ?? globalThis.WebSocket;
    const protocols = ["convo.v1"];
    if (this.options.token) protocols.push(`ticket.${(await this.request("POST", "ticket/")).ticket}`);
    const socket = new Socket(this.#socketAddress(), protocols);
    /** @type {any} */ let pinging;
    let heardAt = Date.now();
    try {
      await new Promise((resolve, reject) => {
        const live = () => void (this.#socket === socket && this.#setStatus("online"));
        socket.onopen = () => {
          this.#socket = socket;
          const interval = (this.config.ping_interval ?? 25) * SECOND;
          pinging = setInterval(() => {
            if (Date.now() - heardAt > 2 * interval) return socket.close();
            this.#send({ type: "ping" });
          }, interval);
          if (this.#cursor && this.isLoaded) return this.#send({ type: "resume", cursor: this.#cursor, heads: this.#heads(true) });
          this.#send({ type: "ping" });
          // Loaded only now, so that nothing falls between the list and the first frame.
          this.#reloadAll().then(live, reject);
        };
        socket.onmessage = (/** @type {{data: string}} */ { data }) => {
          heardAt = Date.now();
          const frame = JSON.parse(data);
          if (frame.type === "resumed") this.#resumed(frame).then(live, reject);
          else this.receive(frame);
        };
        socket.onclose = resolve;
        socket.onerror = resolve;
      });
    } finally {
      clearInterval(pinging);
      this.#socket = null;
      socket.onclose = socket.onerror = socket.onmessage = socket.onopen = null;
      socket.close();
    }
  }

  /** @param {Frame} frame */
  async #resumed(frame) {
    for (const id of frame.limited ?? []) await this.#reload(id);
    this.#cursor = frame.cursor ?? this.#cursor;
  }

  async #liveOnStream() {
    const ask = this.options.fetch ?? fetch.bind(globalThis);
    this.#streaming = new AbortController();
    const headers = this.headers("GET");
    headers.Accept = "text/event-stream";
    if (this.#cursor) headers["Last-Event-ID"] = this.#cursor;
    const { signal } = this.#streaming;
    const answer = await ask(this.config.stream_url, { headers, credentials: "same-origin", cache: "no-store", signal });
    if (!answer.ok || !answer.body) throw refusal(answer.status, {}, answer.headers.get("Retry-After"));
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    /** @type {any} */ let silence;
    try {
      const catchUp = this.#cursor && this.isLoaded ? this.#sync() : this.#reloadAll();
      catchUp.then(() => this.#setStatus("online"), () => this.#streaming?.abort());
      for (let text = ""; ; ) {
        clearTimeout(silence);
        silence = setTimeout(() => this.#streaming?.abort(), 3 * (this.config.ping_interval ?? 25) * SECOND);
        const { value, done } = await reader.read();
        if (done) return;
        text += value;
        const events = text.split(/\r?\n\r?\n/);
        text = events.pop() ?? "";
        for (const event of events) this.#streamed(event);
      }
    } finally {
      clearTimeout(silence);
      this.#streaming?.abort();
      this.#streaming = null;
    }
  }

  /** @param {string} event the lines of one server-sent event */
  #streamed(event) {
    let data = "";
    for (const line of event.split(/\r?\n/)) {
      if (line.startsWith("data:")) data += line.slice(5).trimStart();
      else if (line.startsWith("id:")) this.#cursor = line.slice(3).trim();
    }
    if (!data) return;
    const frame = JSON.parse(data);
    if (frame.type === "resumed") this.#resumed(frame).catch(() => this.#streaming?.abort());
    else this.receive(frame);
  }

  /** @param {object} run */
  async #liveOnPolls(run) {
    const end = Date.now() + BETTER_SECONDS * SECOND;
    while (this.#run === run) {
      await this.#sync();
      this.#setStatus("online");
      if (this.#level && Date.now() > end) return void (this.#level = 0);
      const isHidden = typeof document !== "undefined" && document.hidden;
      await this.#sleep(jittered((this.options.pollSeconds ?? 3) * 1.3 * (isHidden ? 10 : 1)));
    }
  }

  #disconnect() {
    this.#socket?.close();
    this.#streaming?.abort();
  }

  #listen() {
    const seen = () => document.hidden || this.poke();
    const online = () => (this.poke(), this.#setStatus("connecting"));
    const offline = () => (this.#setStatus("offline"), this.#disconnect());
    document.addEventListener("visibilitychange", seen);
    window.addEventListener("online", online);
    window.addEventListener("offline", offline);
    window.addEventListener("pageshow", seen);
    this.#unlisten = () => {
      document.removeEventListener("visibilitychange", seen);
      window.removeEventListener("online", online);
      window.removeEventListener("offline", offline);
      window.removeEventListener("pageshow", seen);
    };
  }

  /** @param {object} frame */
  #send(frame) {
    if (this.#socket?.readyState === 1) this.#socket.send(JSON.stringify(frame));
    return this.#socket?.readyState === 1;
  }

  /** @param {number} milliseconds */
  #sleep(milliseconds) {
    return new Promise((/** @type {(value: void) => void} */ resolve) => {
      const wake = () => (clearTimeout(timer), this.#sleepers.delete(wake), resolve());
      const timer = setTimeout(wake, milliseconds);
      this.#sleepers.add(wake);
    });
  }

  #wake() {
    for (const wake of this.#sleepers) wake();
  }

  /** @param {typeof this.status} status */
  #setStatus(status) {
    if (this.status === status) return;
    this.status = status;
    this.#emit("status", { status, transport: this.transport });
  }

  /** @param {string} name @param {any} [detail] */
  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  /** Tell once what has changed in one go. @param {string} id */
  #touch(id) {
    if (!this.#changed.size) {
      queueMicrotask(() => {
        const ids = this.#changed;
        this.#changed = new Set();
        this.#emit("change", { ids });
      });
    }
    this.#changed.add(id);
  }

  // ---------------------------------------------------------------- catching up

  /** @param {boolean} [all] also of what is not opened: the socket tells of it by frames, polls by snapshots */
  #heads(all) {
    const states = [...this.#states].filter(([, state]) => all || state.loaded);
    states.sort(([, one], [, other]) => Number(!!other.loaded) - Number(!!one.loaded));
    return Object.fromEntries(states.slice(0, MOST_HEADS).map(([id, state]) => [id, state.at]));
  }

  async #sync() {
    for (let more = true; more && this.#run; ) {
      const since = this.#clock;
      /** @type {any} */ let answer;
      try {
        answer = await this.request("POST", "sync/", { cursor: this.#cursor, heads: this.#heads() });
      } catch (error) {
        if (/** @type {any} */ (error).code !== "invalid_cursor") throw error;
        this.#cursor = null;
        continue;
      }
      if (answer.epoch !== this.config.epoch) {
        this.config.epoch = answer.epoch;
        await this.#startOver();
        continue;
      }
      const there = new Set(answer.conversations.map((/** @type {Conversation} */ one) => one.conversation_id));
      for (const id of answer.removed) if (!there.has(id)) this.#drop(id);
      for (const frames of Object.values(answer.events)) for (const frame of frames) this.receive(frame);
      for (const id of answer.limited) await this.#reload(id);
      for (const snapshot of answer.conversations) this.#adopt(snapshot, since);
      this.#cursor = answer.cursor;
      more = answer.more;
    }
    this.isLoaded = true;
    this.#touch("");
    // Nothing else tells a client that polls how far the other has read.
    if (this.transport === "poll" && this.#polls++ % 5 === 4) {
      for (const [id, { it, loaded }] of this.#states) if (loaded && it.kind === "direct") this.#refresh(id, 0);
    }
  }

  /** A backup was restored: nothing that is known counts. */
  async #startOver() {
    const open = [...this.#states].filter(([, state]) => state.loaded).map(([id]) => id);
    for (const id of [...this.#states.keys()]) if (!open.includes(id)) this.#drop(id);
    this.#cursor = null;
    for (const id of open) await this.#reload(id);
  }

  /** Load the list anew, and everything that is open. */
  async #reloadAll() {
    const since = this.#clock;
    const page = await this.request("GET", "conversations/");
    const listed = new Set();
    for (const snapshot of page.results) {
      listed.add(snapshot.conversation_id);
      this.#adopt(snapshot, since);
    }
    this.#next = page.next;
    for (const [id, state] of [...this.#states]) {
      if (listed.has(id)) continue;
      if (state.loaded) await this.#snapshot(id);
      else this.#drop(id);
    }
    this.isLoaded = true;
    this.#touch("");
  }

  /** Load the next page of the list. @returns {Promise<boolean>} whether there are more */
  async moreConversations() {
    if (!this.#next) return false;
    const since = this.#clock;
    // Only the query: behind a proxy the address may name another host.
    const page = await this.request("GET", `conversations/${new URL(this.#next).search}`);
    for (const snapshot of page.results) this.#adopt(snapshot, since);
    this.#next = page.next;
    return !!page.next;
  }

  /** Whether `moreConversations` has more. */
  get hasMoreConversations() {
    return !!this.#next;
  }

  /**
   * Ask for a fresh snapshot a little later, so that many wishes are one request.
   * @param {string} id @param {number} seconds
   */
  #refresh(id, seconds) {
    if (this.#timers.has(id)) return;
    this.#timers.set(id, setTimeout(() => {
      this.#timers.delete(id);
      this.#snapshot(id).catch((error) => error.isTemporary && this.#refresh(id, 5));
    }, jittered(seconds)));
  }

  /** @param {string} id @returns {Promise<State|undefined>} */
  async #snapshot(id) {
    const since = this.#clock;
    try {
      return this.#adopt(await this.request("GET", `conversations/${id}/`), since);
    } catch (error) {
      if (/** @type {any} */ (error).status === 404) this.#drop(id);
      throw error;
    }
  }

  /**
   * Take a snapshot over. Older ones than what the frames have told give nothing but one's own state; newer ones make
   * opened messages catch up.
   * @param {Conversation} snapshot @param {number} since when it was asked for
   * @param {boolean} [jump] take its position too, since the messages come anew
   */
  #adopt(snapshot, since, jump = false) {
    const id = snapshot.conversation_id;
    let state = this.#states.get(id);
    if (!state) {
      // Left while this was on its way.
      if ((this.#gone.get(id) ?? 0) > since) return void this.#refresh(id, 1);
      state = { it: snapshot, at: snapshot.event_seq, ownAt: since, isOwed: false, stale: null, loaded: null, healing: false, timer: 0, busy: new Set(), touched: new Map() };
      this.#states.set(id, state);
    }
    const { it } = state;
    const isNewer = jump || snapshot.event_seq >= state.at;
    const own = { membership: snapshot.membership, mention_count: snapshot.mention_count };
    if (isNewer) state.it = { ...snapshot, membership: it.membership, mention_count: it.mention_count };
    else state.it = { ...it, capabilities: snapshot.capabilities };
    if (jump || (isNewer && !state.loaded)) state.at = snapshot.event_seq;
    if (snapshot.event_seq >= (state.stale ?? 0)) state.stale = null;
    if (state.ownAt <= since) this.#own(state, own.membership, own.mention_count);
    // Own state that came while this was on its way may be newer or older: ask again.
    else this.#refresh(id, 1);
    if (state.at < snapshot.event_seq) this.#heal(id);
    this.#touch(id);
    return state;
  }

  /** @param {State} state @param {Membership|null} membership @param {number} mentions */
  #own(state, membership, mentions) {
    state.ownAt = ++this.#clock;
    state.isOwed = false;
    state.it = { ...state.it, membership, mention_count: mentions };
    this.#count(state);
    this.#touch(state.it.conversation_id);
  }

  /** Unread is two figures of the server's, never a sum of ours. @param {State} state */
  #count({ it }) {
    it.unread_count = it.membership ? Math.max(0, it.count_seq - it.membership.read_count_seq) : 0;
    this.#emit("unread");
  }

  /** @param {string} id */
  #drop(id) {
    const state = this.#states.get(id);
    if (!state) return;
    clearTimeout(state.timer);
    this.#states.delete(id);
    this.#gone.set(id, ++this.#clock);
    this.#touch(id);
    this.#emit("unread");
  }

  /** Read from the log what lies between us and its end. @param {string} id */
  async #heal(id) {
    const state = this.#states.get(id);
    if (!state || state.healing) return;
    if (!state.loaded) return this.#refresh(id, 0.1);
    state.healing = true;
    try {
      for (let head = Infinity; state.at < head; ) {
        const log = await this.request("GET", `conversations/${id}/events/?after=${state.at}&limit=200`);
        if (this.#states.get(id) !== state) return;
        if (log.limited || log.epoch !== this.config.epoch) return void (await this.#reload(id));
        for (const frame of log.results) this.receive(frame);
        // What does not lead on is no help.
        if (log.results.length && state.at < log.results[0].event_seq) return void (await this.#reload(id));
        if (!log.results.length) state.at = Math.max(state.at, log.head);
        head = Math.max(log.head, state.it.event_seq);
      }
    } catch (error) {
      const { status, isTemporary } = /** @type {any} */ (error);
      if (status === 404) this.#drop(id);
      else if (isTemporary) setTimeout(() => this.#run && this.#heal(id), jittered(5));
    } finally {
      state.healing = false;
    }
  }

  /** Load a conversation anew, with the messages that are shown of it. @param {string} id */
  async #reload(id) {
    const state = this.#states.get(id);
    if (!state?.loaded) return void (await this.#snapshot(id).catch((error) => { if (error.status !== 404) throw error; }));
    const { newer, low, high, rows } = state.loaded;
    const since = this.#clock;
    try {
      const snapshot = await this.request("GET", `conversations/${id}/`);
      const limit = Math.min(200, Math.max(50, rows.size));
      const query = newer ? `around=${Math.round((low + high) / 2)}&` : "";
      const page = await this.request("GET", `conversations/${id}/messages/?${query}limit=${limit}`);
      this.#adopt(snapshot, since, true);
      this.#merge(state, page, "replace");
    } catch (error) {
      if (/** @type {any} */ (error).status !== 404) throw error;
      this.#drop(id);
    }
  }

  /** Reload, again and again until it succeeds. @param {string} id */
  #renew(id) {
    this.#reload(id).catch((error) => error.isTemporary && this.#later(`renew ${id}`, 5, () => this.#renew(id)));
  }

  // ---------------------------------------------------------------- frames

  /**
   * Apply a frame of any transport: the next event, not an older one; before one from further on, what is between.
   * @param {Frame} frame
   */
  receive(frame) {
    const { type, conversation_id: id } = frame;
    if (type === "pong") return void (this.#cursor = frame.cursor ?? this.#cursor);
    const state = this.#states.get(id);
    if (frame.event_seq == null) return this.#receiveUnnumbered(frame, state);
    if (!state) return this.#refresh(id, 0.2);
    state.it.event_seq = Math.max(state.it.event_seq, frame.event_seq);
    if (frame.event_seq <= state.at) return;
    if (frame.event_seq > state.at + 1) return void this.#heal(id);
    state.at = frame.event_seq;
    this.#touch(id);
    if (type === "hidden") return this.#outdate(state);
    state.it.count_seq = Math.max(state.it.count_seq, frame.count_seq ?? 0);
    const noun = type.split(".")[0];
    if (noun === "message") this.#receiveMessage(state, frame);
    else if (noun === "reaction") this.#receiveReaction(state, frame);
    else if (noun === "participant") this.#receiveParticipant(state, frame);
    else if (type === "conversation.deleted") this.#drop(id);
    else if (noun === "conversation") this.#receiveConversation(state, frame);
  }

  /** @param {Frame} frame @param {State|undefined} state */
  #receiveUnnumbered({ type, conversation_id: id, data }, state) {
    const { user } = data ?? {};
    if (type === "conversation.left") this.#drop(id);
    else if (type === "conversation.joined") this.#adopt(data.conversation ?? data, this.#clock);
    else if (type === "presence") {
      this.presence.set(String(user.user_id), { online: data.online, last_seen: data.last_seen });
      this.#emit("presence", data);
    } else if (!state) return;
    else if (type === "membership.updated") this.#own(state, data.membership, data.mention_count);
    else if (type === "typing") this.#setTyping(id, user, data.is_typing);
    else if (type === "read" || type === "delivered") {
      const name = type === "read" ? "last_read_seq" : "last_delivered_seq";
      const participants = state.it.participants.map((one) =>
        same(one.user.user_id, user.user_id) && one[name] != null ? { ...one, [name]: Math.max(one[name], data.seq) } : one);
      state.it = { ...state.it, participants };
      this.#touch(id);
    }
  }

  /** @param {State} state @param {Frame} frame */
  #receiveMessage(state, { type, seq, data, client_id }) {
    const { it } = state;
    const message = this.#completed(state, client_id ? { client_id, ...data.message } : data.message);
    const isNew = message.seq > it.last_seq;
    const isMine = same(message.sender?.user_id, this.user?.user_id);
    this.#place(state, message);
    it.last_seq = Math.max(it.last_seq, seq ?? 0);
    if (at(message.sent_at) > at(it.last_message_at)) it.last_message_at = message.sent_at;
    if (message.seq >= (it.last_message?.seq ?? 0)) it.last_message = message;
    if (data.thread_root) {
      const { seq: place, reply_count } = data.thread_root;
      this.#alter(state, place, (root) => ({ ...root, reply_count }));
    }
    if (message.client_id) this.#settle(message.client_id);
    this.#setTyping(it.conversation_id, message.sender, false);
    // One's own message moves one's own pointer: until that is told, the number stays as it is.
    if (!isMine) this.#count(state);
    if (isMine || type !== "message.created" || message.mentions.length) this.#outdate(state, true);
    if (isNew && !isMine && type === "message.created") {
      this.#emit("message", { conversation: it, message });
      this.#later(`delivered ${it.conversation_id}`, 0.5, () =>
        this.#send({ type: "delivered", conversation: it.conversation_id, seq: it.last_seq }));
    }
  }

  /** @param {State} state @param {Frame} frame */
  #receiveReaction(state, { type, seq, data }) {
    const isMine = same(data.user?.user_id, this.user?.user_id);
    this.#alter(state, seq ?? 0, (message) => ({
      ...message,
      reactions: data.reactions.map((/** @type {Reaction} */ one) => {
        const had = message.reactions.some((other) => other.emoji === one.emoji && other.me);
        return { ...one, me: isMine && one.emoji === data.emoji ? type === "reaction.added" : had };
      }),
    }));
  }

  /** @param {State} state @param {Frame} frame */
  #receiveParticipant(state, { type, data }) {
    const { it } = state;
    const { user_id: key, user, role, participant_count } = data;
    const known = it.participants.some((one) => same(one.user.user_id, key));
    let participants = it.participants;
    if (type === "participant.removed") participants = participants.filter((one) => !same(one.user.user_id, key));
    else if (known) participants = participants.map((one) => (same(one.user.user_id, key) ? { ...one, user, role } : one));
    else if (user && participants.length < 10) participants = [...participants, { user, role }];
    state.it = { ...it, participants, participant_count };
    // The name goes from what they wrote, too.
    if (type === "participant.removed" && !user) return this.#renew(it.conversation_id);
    // The eleventh moves up, and what one may do oneself may be something else now.
    const isMe = same(key, this.user?.user_id);
    if (isMe || participants.length < Math.min(10, participant_count)) this.#outdate(state);
  }

  /** @param {State} state @param {Frame} frame */
  #receiveConversation(state, { data }) {
    state.it = { ...state.it, ...data.conversation };
    // Messages were pruned, and what answered them quotes them no more.
    if (data.oldest_seq) this.#renew(state.it.conversation_id);
    this.#outdate(state);
  }

  /** A snapshot has to follow, or only one's own state, unless it comes by itself. @param {State} state @param {boolean} [own] */
  #outdate(state, own = false) {
    if (own) state.isOwed = true;
    else state.stale = state.at;
    clearTimeout(state.timer);
    const check = () => (state.stale !== null || state.isOwed) && this.#refresh(state.it.conversation_id, 1);
    state.timer = setTimeout(check, (state.stale === null ? 4 : 0.5) * SECOND);
  }

  /**
   * Give a message of a frame what frames do not hold: one's own reactions, and the words of what it answers.
   * @param {State} state @param {Message} message @returns {Message}
   */
  #completed(state, message) {
    const { loaded, it } = state;
    const last = it.last_message?.message_id === message.message_id ? it.last_message : undefined;
    const before = loaded?.rows.get(message.seq) ?? last;
    const mine = new Set(before?.reactions.filter((one) => one.me).map((one) => one.emoji));
    const reactions = message.reactions.map((one) => ({ ...one, me: one.me ?? mine.has(one.emoji) }));
    let quote = message.reply_to;
    let isPartial = before?.deleted_at != null && !message.deleted_at && reactions.length > 0;
    if (quote?.message_id && quote.excerpt === undefined) {
      const quoted = loaded?.rows.get(quote.seq ?? 0);
      if (before?.reply_to?.excerpt !== undefined) quote = before.reply_to;
      else if (quoted) quote = quoteOf(quoted);
      else if (loaded && (quote.seq ?? 0) < loaded.oldest) quote = { message_id: null };
      else isPartial = true;
    }
    if (isPartial && loaded && within(loaded, message.seq)) this.#complete(state, message.seq);
    const completed = { ...message, reactions, reply_to: quote };
    if (before?.client_id && !completed.client_id) completed.client_id = before.client_id;
    return completed;
  }

  /** Ask for one message as REST shows it to us. @param {State} state @param {number} seq */
  #complete(state, seq) {
    const id = state.it.conversation_id;
    this.request("GET", `conversations/${id}/messages/?around=${seq}&limit=1`).then(
      (page) => this.#merge(state, page, "spot"),
      (error) => error.isTemporary && this.#later(`complete ${id} ${seq}`, 5, () => this.#complete(state, seq)),
    );
  }

  /** Put a message where it belongs, if that is in what is loaded. @param {State} state @param {Message} message */
  #place(state, message) {
    const { loaded, it, touched } = state;
    touched.delete(message.seq);
    touched.set(message.seq, ++this.#clock);
    if (touched.size > 2 * MOST_ROWS) touched.delete(touched.keys().next().value ?? 0);
    if (loaded && within(loaded, message.seq)) {
      loaded.rows.set(message.seq, message);
      loaded.high = Math.max(loaded.high, message.seq);
      const quote = quoteOf(message);
      for (const [seq, row] of loaded.rows) {
        const isQuote = row.reply_to?.message_id === message.message_id;
        if (isQuote && row.reply_to?.excerpt !== quote.excerpt) loaded.rows.set(seq, { ...row, reply_to: quote });
      }
      if (loaded.rows.size > 2 * MOST_ROWS) shorten(loaded, true);
    }
    if (it.last_message?.message_id === message.message_id) it.last_message = message;
    this.#touch(it.conversation_id);
  }

  /** @param {State} state @param {number} seq @param {(message: Message) => Message} change */
  #alter(state, seq, change) {
    const last = state.it.last_message;
    const row = state.loaded?.rows.get(seq) ?? (last?.seq === seq ? last : undefined);
    if (row) this.#place(state, change(row));
  }

  /** @param {string} id @param {Card|null} user @param {boolean} isTyping */
  #setTyping(id, user, isTyping) {
    if (!user || same(user.user_id, this.user?.user_id)) return;
    const key = String(user.user_id);
    const typing = this.#typing.get(id) ?? new Map();
    if (!isTyping && !typing.has(key)) return;
    clearTimeout(typing.get(key)?.timer);
    typing.delete(key);
    if (isTyping) typing.set(key, { user, timer: setTimeout(() => this.#setTyping(id, user, false), TYPING_SECONDS * SECOND) });
    this.#typing.set(id, typing);
    this.#emit("typing", { id, users: this.typingIn(id) });
  }

  /** Who is typing. @param {string} id @returns {Card[]} */
  typingIn(id) {
    return [...(this.#typing.get(id)?.values() ?? [])].map((one) => one.user);
  }

  // ---------------------------------------------------------------- reading

  /**
   * One's conversations as the inbox has them: pinned ones first, then by activity.
   * @param {{archived?: boolean}} [filters]
   */
  conversations({ archived = false } = {}) {
    const pinned = (/** @type {Conversation} */ one) => Number(!!one.membership?.pinned_at);
    return [...this.#states.values()]
      .map((state) => state.it)
      .filter((one) => one.membership && isArchived(one) === archived)
      .sort((one, other) =>
        pinned(other) - pinned(one)
        || at(other.last_message_at) - at(one.last_message_at)
        || (other.conversation_id < one.conversation_id ? -1 : 1));
  }

  /** @param {string} id @returns {Conversation|undefined} */
  conversation(id) {
    return this.#states.get(id)?.it;
  }

  /** What is loaded of a conversation, and what lies beyond. @param {string} id */
  loaded(id) {
    const state = this.#states.get(id);
    if (!state?.loaded) return null;
    const { low, high, older, newer, oldest, anchor } = state.loaded;
    return { low, high, older, newer, oldest, anchor };
  }

  /**
   * The loaded messages, oldest first, with one's own changes applied, and after them what is on its way.
   * @param {string} id @returns {Message[]}
   */
  messages(id) {
    const loaded = this.#states.get(id)?.loaded;
    const rows = [...(loaded?.rows.values() ?? [])].sort((one, other) => one.seq - other.seq);
    const shown = rows.map((row) => this.#shown(row));
    if (loaded?.newer) return shown;
    return [...shown, ...this.#outbox.filter((entry) => entry.conversation === id).map((entry) => this.#draw(entry))];
  }

  /** @param {Message} row */
  #shown(row) {
    for (const change of this.#changes.get(row.message_id) ?? []) row = change(row);
    return row;
  }

  /** @param {any} entry @returns {Message} */
  #draw(entry) {
    return {
      message_id: entry.client_id, conversation: entry.conversation, seq: Infinity, kind: "user", sender: this.user,
      message_body: entry.body, sent_at: entry.sent_at, edited_at: null, deleted_at: null, client_id: entry.client_id,
      reply_to: entry.reply_to, thread_root: entry.thread_root ?? null, reply_count: 0,
      attachments: entry.attachments ?? [], mentions: entry.mentions ?? [], reactions: [], metadata: {}, pinned: false,
      editable_until: null, pending: !entry.error, error: entry.error,
    };
  }

  /**
   * Load a part of a conversation and keep it up to date: the newest, what is around a number, or the first unread.
   * @param {string} id @param {{around?: number, unread?: boolean, limit?: number}} [where]
   */
  async open(id, { around, unread, limit = 50 } = {}) {
    const state = this.#states.get(id) ?? (await this.#snapshot(id));
    if (!state) return null;
    const place = unread ? "anchor=first_unread&" : around === undefined ? "" : `around=${around}&`;
    const page = await this.request("GET", `conversations/${id}/messages/?${place}limit=${limit}`);
    const now = this.#states.get(id);
    if (now) this.#merge(now, page, "replace");
    return this.loaded(id);
  }

  /** Let the messages of a conversation go. @param {string} id */
  close(id) {
    const state = this.#states.get(id);
    if (!state) return;
    state.loaded = null;
    if (state.at < state.it.event_seq) this.#refresh(id, 0.1);
  }

  /** Load what is before. @param {string} id */
  older(id) {
    return this.#further(id, "older", (loaded) => `before=${loaded.low}`);
  }

  /** Load what is after. @param {string} id */
  newer(id) {
    return this.#further(id, "newer", (loaded) => `after=${loaded.high}`);
  }

  /** @param {string} id @param {"older"|"newer"} side @param {(loaded: Loaded) => string} query */
  async #further(id, side, query) {
    const state = this.#states.get(id);
    const loaded = state?.loaded;
    if (!state || !loaded || !loaded[side] || state.busy.has(side)) return;
    state.busy.add(side);
    try {
      const page = await this.request("GET", `conversations/${id}/messages/?${query(loaded)}&limit=50`);
      // Where one has jumped in the meantime, this does not belong.
      if (state.loaded === loaded) this.#merge(state, page, side);
    } finally {
      state.busy.delete(side);
    }
  }

  /** @param {string} moment @param {string} id @returns {Promise<number|undefined>} the number of the first message from then on */
  async firstSince(id, moment) {
    const query = new URLSearchParams({ conversation_id: id, sent_before: moment, limit: "1" });
    const page = await this.request("GET", `messages/?${query}`);
    return (page.results[0]?.seq ?? 0) + 1;
  }

  /**
   * @param {State} state @param {Page} page its rows are newer than the page's `event_seq`, which was read before them
   * @param {"replace"|"older"|"newer"|"spot"} how
   */
  #merge(state, page, how) {
    const seqs = page.results.map((row) => row.seq);
    if (how === "replace" || !state.loaded) {
      if (how === "spot") return;
      const low = page.results.length ? Math.min(...seqs) : page.oldest_seq;
      state.loaded = {
        rows: new Map(), low, high: Math.max(low - 1, ...seqs), older: !!page.next, newer: !!page.previous,
        oldest: page.oldest_seq, anchor: page.anchor_seq,
      };
    }
    const { loaded } = state;
    for (const row of page.results) {
      if (how !== "spot" || within(loaded, row.seq)) this.#place(state, how === "spot" ? row : this.#widened(loaded, row));
      if (row.client_id) this.#settle(row.client_id);
    }
    if (how === "older") loaded.older = !!page.next;
    if (how === "newer") loaded.newer = !!page.previous;
    if (how === "older" || how === "newer") shorten(loaded, how === "newer");
    // What has happened since the page was read may have been applied to what it replaces: once more, then.
    state.at = Math.min(state.at, page.event_seq);
    state.it.event_seq = Math.max(state.it.event_seq, page.event_seq);
    if (state.at < state.it.event_seq) this.#heal(state.it.conversation_id);
    this.#touch(state.it.conversation_id);
  }

  /** @param {Loaded} loaded @param {Message} row */
  #widened(loaded, row) {
    loaded.low = Math.min(loaded.low, row.seq);
    loaded.high = Math.max(loaded.high, row.seq);
    return row;
  }

  /** The replies of a thread, oldest first; those beyond the first page are not. @param {string} id @param {string} root */
  async replies(id, root) {
    const page = await this.request("GET", `conversations/${id}/messages/${root}/replies/?limit=200`);
    return page.results.reverse();
  }

  /** What waits, as the server counts it. @returns {Promise<{conversations: number, messages: number, mentions: number}>} */
  unread() {
    return this.request("GET", "unread/");
  }

  // ---------------------------------------------------------------- writing

  /**
   * Send: shown at once, sent in order, repeated under the same `client_id` until it is accepted or refused.
   * @param {string} id @param {Content} content
   */
  send(id, content) {
    if (this.#outbox.length >= MOST_QUEUED) throw new ConvoError(0, "queue_full", "Too many messages wait to be sent.");
    const { body = "", reply_to, ...rest } = content;
    const quote = reply_to ? quoteOf(reply_to) : null;
    const entry = { client_id: uuid(), conversation: id, body, reply_to: quote, ...rest, sent_at: new Date().toISOString(), error: null };
    this.#outbox.push(entry);
    this.#keep(entry);
    this.#touch(id);
    this.#flush(id);
    return entry.client_id;
  }

  /** Try a refused message again. @param {string} clientId */
  retry(clientId) {
    const entry = this.#outbox.find((one) => one.client_id === clientId);
    if (!entry?.error) return;
    entry.error = null;
    this.#keep(entry);
    this.#touch(entry.conversation);
    this.#flush(entry.conversation);
  }

  /** Give a message up that was refused, or waits. @param {string} clientId */
  discard(clientId) {
    this.#settle(clientId);
  }

  /** @param {string} id */
  async #flush(id) {
    if (this.#sending.has(id)) return;
    this.#sending.add(id);
    try {
      for (let attempt = 0; this.#run; ) {
        const entry = this.#outbox.find((one) => one.conversation === id && !one.error);
        if (!entry) return;
        const since = this.#clock;
        try {
          const message = await this.request("POST", `conversations/${id}/messages/`, {
            client_id: entry.client_id,
            message_body: entry.body,
            ...(entry.reply_to && { reply_to: entry.reply_to.message_id }),
            ...(entry.thread_root && { thread_root: entry.thread_root }),
            ...(entry.attachments?.length && { attachments: entry.attachments.map((/** @type {Attachment} */ one) => one.attachment_id) }),
            ...(entry.mentions?.length && { mentions: entry.mentions.map((/** @type {Card} */ one) => one.user_id ?? "everyone") }),
          });
          attempt = 0;
          this.#settle(entry.client_id);
          this.#accept(message, since);
        } catch (error) {
          if (!(error instanceof ConvoError)) throw error;
          if (error.isTemporary) {
            await this.#sleep(error.retryAfter ? error.retryAfter * SECOND : backoff(attempt++));
            continue;
          }
          entry.error = { code: error.code, detail: error.message };
          this.#keep(entry);
          this.#touch(id);
        }
      }
    } finally {
      this.#sending.delete(id);
    }
  }

  /** Show what the server answered to a write, ahead of its frame, unless that was faster. @param {Message} message @param {number} since */
  #accept(message, since) {
    const state = this.#states.get(message.conversation);
    if (!state || (state.touched.get(message.seq) ?? 0) > since) return;
    this.#place(state, message);
    const { it } = state;
    if (message.seq <= it.last_seq) return;
    it.last_seq = message.seq;
    it.last_message = message;
    it.last_message_at = message.sent_at;
  }

  /** It has arrived, or was given up. @param {string} clientId */
  #settle(clientId) {
    const index = this.#outbox.findIndex((one) => one.client_id === clientId);
    if (index < 0) return;
    const [entry] = this.#outbox.splice(index, 1);
    this.#storage?.removeItem(this.#key(clientId));
    this.#touch(entry.conversation);
  }

  get #storage() {
    try {
      return this.options.storage === undefined ? globalThis.localStorage : this.options.storage;
    } catch {
      return null;
    }
  }

  /** One key for each message: another tab's are never overwritten. @param {string} clientId */
  #key(clientId) {
    return `convo:${this.api}:${this.user?.user_id}:${clientId}`;
  }

  /** @param {any} entry */
  #keep(entry) {
    if (!this.user) return;
    try {
      this.#storage?.setItem(this.#key(entry.client_id), JSON.stringify(entry));
    } catch {
      // Full or forbidden: it is sent all the same, as long as the page is open.
    }
  }

  /** Take up what an earlier page has left unsent. */
  #recall() {
    const storage = this.#storage;
    if (!storage) return;
    const found = [];
    for (let index = 0; index < storage.length; index++) {
      const key = storage.key(index) ?? "";
      if (!key.startsWith(this.#key(""))) continue;
      try {
        found.push(JSON.parse(storage.getItem(key) ?? ""));
      } catch {
        continue;
      }
    }
    found.sort((one, other) => (one.sent_at < other.sent_at ? -1 : 1));
    this.#outbox.push(...found);
    for (const entry of found) this.#touch(entry.conversation);
  }

  /**
   * Show a change at once, ask for it, and take it back if it is refused.
   * @param {Message} message @param {(message: Message) => Message} change @param {string} method
   * @param {string} path below the message @param {any} [body]
   */
  async #attempt(message, change, method, path, body) {
    const { message_id: id, conversation } = message;
    const changes = this.#changes.get(id) ?? new Set();
    this.#changes.set(id, changes.add(change));
    this.#touch(conversation);
    const since = this.#clock;
    try {
      const answer = await this.#insist(() => this.request(method, `conversations/${conversation}/messages/${id}/${path}`, body));
      const row = this.#states.get(conversation)?.loaded?.rows.get(message.seq);
      if (row) this.#accept(answer?.message_id ? answer : change(row), since);
    } catch (error) {
      this.#emit("error", { error, message });
      throw error;
    } finally {
      changes.delete(change);
      if (!changes.size) this.#changes.delete(id);
      this.#touch(conversation);
    }
  }

  /** @template T @param {() => Promise<T>} ask @returns {Promise<T>} */
  async #insist(ask) {
    for (let attempt = 0; ; attempt++) {
      try {
        return await ask();
      } catch (error) {
        const { isTemporary, retryAfter } = /** @type {any} */ (error);
        if (!isTemporary || attempt >= 3) throw error;
        await this.#sleep(retryAfter ? retryAfter * SECOND : backoff(attempt));
      }
    }
  }

  /** @param {Message} message @param {string} body @param {Card[]} [mentions] */
  edit(message, body, mentions) {
    const edited_at = new Date().toISOString();
    const content = { message_body: body, ...(mentions && { mentions: mentions.map((one) => one.user_id ?? "everyone") }) };
    return this.#attempt(message, (row) => ({ ...row, message_body: body, edited_at }), "PATCH", "", content);
  }

  /** @param {Message} message */
  delete(message) {
    const gone = { deleted_at: new Date().toISOString(), message_body: "", attachments: [], reactions: [], mentions: [], pinned: false };
    return this.#attempt(message, (row) => ({ ...row, ...gone }), "DELETE", "");
  }

  /** Undo a deletion. @param {Message} message */
  restore(message) {
    return this.#attempt(message, (row) => row, "POST", "restore/");
  }

  /** React, or take the reaction back. @param {Message} message @param {string} emoji @param {boolean} isOn */
  react(message, emoji, isOn) {
    const change = (/** @type {Message} */ row) => {
      const now = row.reactions.find((one) => one.emoji === emoji) ?? { emoji, count: 0, me: false };
      if (!!now.me === isOn) return row;
      const then = { emoji, count: now.count + (isOn ? 1 : -1), me: isOn };
      const reactions = row.reactions.map((one) => (one === now ? then : one)).filter((one) => one.count > 0);
      return { ...row, reactions: row.reactions.includes(now) || !isOn ? reactions : [...reactions, then] };
    };
    return this.#attempt(message, change, isOn ? "PUT" : "DELETE", `reactions/${encodeURIComponent(emoji)}/`);
  }

  /** @param {Message} message @param {boolean} isOn */
  pin(message, isOn) {
    return this.#attempt(message, (row) => ({ ...row, pinned: isOn }), isOn ? "PUT" : "DELETE", "pin/");
  }

  /** Mark as read to what is loaded, a moment later. @param {string} id */
  read(id) {
    const state = this.#states.get(id);
    if (!state?.loaded || !state.it.membership) return;
    const { high } = state.loaded;
    if (!state.it.unread_count && state.it.membership.last_read_seq >= high) return;
    this.#later(`read ${id}`, 0.4, () => this.#writeOwn(id, "POST", "read/", { seq: state.loaded?.high ?? high }));
  }

  /** Mark a message and what follows as unread. @param {string} id @param {number} seq */
  markUnread(id, seq) {
    return this.#writeOwn(id, "POST", "unread/", { seq });
  }

  /**
   * Archive, pin, mute a conversation, or choose what to be told of.
   * @param {string} id @param {{archived?: boolean, pinned?: boolean, muted_until?: string|null, notify?: string}} changes
   */
  updateMembership(id, changes) {
    return this.#writeOwn(id, "PATCH", "membership/", changes);
  }

  /** Keep what has been written so far, a moment later; nothing once it is empty. @param {string} id @param {string} body @param {string|null} [replyTo] */
  draft(id, body, replyTo = null) {
    this.#later(`draft ${id}`, 1.5, () => {
      const kept = this.#states.get(id)?.it.membership?.draft;
      if (body.trim()) return this.#writeOwn(id, "PUT", "draft/", { message_body: body, reply_to: replyTo });
      return kept ? this.#writeOwn(id, "DELETE", "draft/") : undefined;
    });
  }

  /** @param {string} id @param {string} method @param {string} path @param {any} [body] */
  async #writeOwn(id, method, path, body) {
    const since = this.#clock;
    const { conversation_id: _, unread_count: __, mention_count, ...membership } = await this.#insist(() =>
      this.request(method, `conversations/${id}/${path}`, body));
    const state = this.#states.get(id);
    if (!state) return;
    if (state.ownAt <= since) this.#own(state, membership, mention_count);
    else this.#refresh(id, 1);
  }

  /** Say that one is typing, or no longer; at most every three seconds. @param {string} id @param {boolean} isTyping */
  typing(id, isTyping) {
    const key = `typing ${id}`;
    if (isTyping === this.#timers.has(key)) return;
    clearTimeout(this.#timers.get(key));
    this.#timers.delete(key);
    if (isTyping) this.#later(key, 3, () => {});
    if (this.#send({ type: "typing", conversation: id, is_typing: isTyping }) || !this.#tellsTyping) return;
    const told = this.request("POST", `conversations/${id}/typing/`, { is_typing: isTyping });
    told.catch((error) => (this.#tellsTyping = error.isTemporary));
  }

  /** Do something once, a little later; asked again, later still. @param {string} key @param {number} seconds @param {() => any} act */
  #later(key, seconds, act) {
    clearTimeout(this.#timers.get(key));
    this.#timers.set(key, setTimeout(() => {
      this.#timers.delete(key);
      Promise.resolve(act()).catch((error) => this.#emit("error", { error }));
    }, seconds * SECOND));
  }

  /**
   * Upload a file; `attachments` of a send takes the answer.
   * @param {File} file @param {(part: number) => void} [progress] from 0 to 1 @param {AbortSignal} [signal]
   * @returns {Promise<Attachment>}
   */
  upload(file, progress, signal) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", `${this.api}attachments/`);
      for (const [name, value] of Object.entries(this.headers("POST"))) request.setRequestHeader(name, value);
      request.responseType = "json";
      request.upload.onprogress = (event) => progress?.(event.loaded / (event.total || 1));
      request.onload = () =>
        request.status === 201
          ? resolve(request.response)
          : reject(refusal(request.status, request.response ?? {}, request.getResponseHeader("Retry-After")));
      request.onerror = () => reject(new ConvoError(0, "network", ""));
      request.onabort = () => reject(new ConvoError(0, "aborted", ""));
      signal?.addEventListener("abort", () => request.abort());
      const body = new FormData();
      body.append("file", file);
      request.send(body);
    });
  }

  /** People whose names begin like this. @param {string} words @returns {Promise<Card[]>} */
  async people(words) {
    const page = await this.request("GET", `users/?${new URLSearchParams({ search: words })}`);
    return page.results;
  }
}

/** @param {number} status @param {any} data @param {string|null} retryAfter */
function refusal(status, data, retryAfter) {
  const field = Object.values(data ?? {}).flat()[0];
  return new ConvoError(status, data?.code ?? "invalid", data?.detail ?? String(field ?? ""), Number(retryAfter) || undefined);
}

function cookieToken() {
  const input = /** @type {HTMLInputElement|null} */ (globalThis.document?.querySelector("input[name=csrfmiddlewaretoken]"));
  return input?.value ?? /(?:^|; )csrftoken=([^;]+)/.exec(globalThis.document?.cookie ?? "")?.[1] ?? "";
}

/** @param {Loaded} loaded @param {number} seq */
const within = (loaded, seq) => seq >= loaded.low && (seq <= loaded.high || !loaded.newer);

/** Let go of what is far away. @param {Loaded} loaded @param {boolean} oldest of the oldest, or of the newest */
function shorten(loaded, oldest) {
  const seqs = [...loaded.rows.keys()].sort((one, other) => one - other);
  const gone = oldest ? seqs.slice(0, -MOST_ROWS) : seqs.slice(MOST_ROWS);
  if (seqs.length <= MOST_ROWS) return;
  for (const seq of gone) loaded.rows.delete(seq);
  const kept = [...loaded.rows.keys()];
  if (oldest) (loaded.low = Math.min(...kept)), (loaded.older = true);
  else (loaded.high = Math.max(...kept)), (loaded.newer = true);
}

/** What an answer shows of a message. @param {Message} message @returns {Quote} */
function quoteOf({ message_id, seq, sender, message_body }) {
  return { message_id, seq, sender, excerpt: [...message_body].slice(0, EXCERPT_LENGTH).join("") };
}

/** Archived, until the next message, unless muted. @param {Conversation} conversation */
function isArchived({ membership, last_message_at }) {
  if (!membership?.archived_at) return false;
  return at(membership.archived_at) >= at(last_message_at) || at(membership.muted_until) > Date.now();
}
