/// <reference path="./convo-types.d.ts" />
// The chat's client, which others can import, and the elements of its pages.
// One file: hashed static storage rewrites no imports. What people wrote becomes text, never markup.

const SECOND = 1000;
// Of one conversation.
const MOST_ROWS = 400;
const MOST_QUEUED = 100;
const EXCERPT_LENGTH = 140;
// Until a better transport is tried.
const BETTER_SECONDS = 120;

const jittered = (seconds = 1) => seconds * SECOND * (0.5 + Math.random() / 2);
const backoff = (attempt = 0) => jittered(Math.min(30, 2 ** attempt));
/** @param {any} one @param {any} other */
const same = (one, other) => one != null && String(one) === String(other);
/** @param {string|null} [moment] */
const at = (moment) => (moment ? Date.parse(moment) : 0);

/** What the API refused; `status` 0: not reached. */
export class ConvoError extends Error {
	/** @param {number} status @param {any} data @param {string|null} [retryAfter] */
	constructor(status, data, retryAfter) {
		super(data?.detail ?? Object.values(data ?? {}).flat()[0]);
		this.status = status;
		this.code = data?.code ?? "invalid";
		this.seconds = Number(retryAfter);
		this.isTemporary = [0, 429, 502, 503, 504].includes(status);
	}
}

/** Events: `change`, `status`, `message`, `typing`, `presence`, `unread`, `error`. */
export class ConvoClient extends EventTarget {
	status = "idle";
	transport = "";
	/** @type {any} */ config;
	/** @type {Card|null|undefined} */ user;
	isLoaded = false;
	presence = new Map();

	/** @type {Map<string, State>} */ #states = new Map();
	#outbox = new Map();
	/** @type {Map<string, Set<Change>>} */ #changes = new Map();
	#typing = new Map();
	#timers = new Map();
	#gone = new Map();
	#changed = new Set();
	#busy = new Set();
	/** @type {Set<() => void>} */ #sleepers = new Set();
	/** @type {any} */ #cursor;
	/** @type {any} where there are more conversations */ nextPage;
	/** @type {any} */ #socket;
	/** @type {any} */ #storage;
	/** @type {any} from `start` to `stop` */ #run;
	// So that an answer knows what has overtaken it.
	#clock = 0;
	#level = 0;
	#polls = 0;

	/** @param {Options} options */
	constructor(options) {
		super();
		this.options = options;
		this.user = options.user;
		try {
			this.#storage = options.storage ?? globalThis.localStorage;
		} catch {
			// Forbidden.
		}
	}

	/** @param {string} method @param {string} path @param {any} [body] @returns {Promise<any>} */
	async request(method, path, body) {
		const { api, fetch = globalThis.fetch } = this.options;
		const headers = this.#headers({ "Content-Type": "application/json" });
		const answer = await fetch(api + path, { method, headers, body: body && JSON.stringify(body) }).catch((error) => {
			throw new ConvoError(0, { code: "network", detail: String(error) });
		});
		const data = await answer.json().catch(() => null);
		if (answer.ok) return data;
		throw new ConvoError(answer.status, data, answer.headers.get("Retry-After"));
	}

	/** @param {Record<string, string>} headers */
	#headers(headers) {
		const { token, csrf } = this.options;
		return { ...headers, ...(token ? { Authorization: `Token ${token}` } : { "X-CSRFToken": csrf?.() ?? "" }), Accept: "application/json" };
	}

	start() {
		if (this.#run) return;
		const run = (this.#run = new AbortController());
		this.#live(run);
		if (!globalThis.document) return;
		const { signal } = run;
		const seen = () => document.hidden || this.poke();
		document.addEventListener("visibilitychange", seen, { signal });
		window.addEventListener("online", () => this.poke(), { signal });
		window.addEventListener("offline", () => (this.#setStatus("offline"), this.#socket?.close()), { signal });
	}

	stop() {
		this.#run?.abort();
		this.#run = null;
		this.#socket?.close();
		for (const timer of this.#timers.values()) clearTimeout(timer);
		this.#timers.clear();
		this.poke();
		this.#setStatus("idle");
	}

	/** Look at once for what is new; send at once what waits. */
	poke() {
		this.#say({ type: "ping" });
		for (const wake of this.#sleepers) wake();
	}

	/** @param {object} run */
	async #live(run) {
		for (let attempt = 0, refused = 0; ; ) {
			if (this.status !== "offline") this.#setStatus("connecting");
			let isReachable = false;
			let wait = 0;
			try {
				await this.#configure();
				if (this.#run !== run) return;
				isReachable = true;
				await this.#connect(run);
			} catch (/** @type {any} */ error) {
				if (/authenticat/.test(error.code)) {
					this.stop();
					return this.#setStatus("signed-out");
				}
				wait = (error.seconds || 0) * SECOND;
			}
			if (this.#run !== run) return;
			if (this.status === "online") attempt = refused = 0;
			// Not by this transport.
			else if (isReachable && ++refused > 1) this.#level += 1, (refused = 0);
			this.#setStatus(isReachable && globalThis.navigator?.onLine !== false ? "connecting" : "offline");
			await this.#sleep(Math.max(wait, backoff(attempt++) / 2));
		}
	}

	async #configure() {
		const before = this.config?.epoch;
		this.config = await this.request("GET", "config/");
		if (before && before !== this.config.epoch) await this.#startOver();
		if (!this.user) {
			const me = await this.request("GET", "users/me/");
			this.user = { avatar: null, name: `${me.first_name ?? ""} ${me.last_name ?? ""}`.trim(), ...me };
		}
		if (!this.#outbox.size) this.#recall();
		for (const entry of this.#outbox.values()) this.#flush(entry.conversation);
		this.poke();
	}

	/** @param {object} run */
	#connect(run) {
		const { websocket_url, stream_url } = this.config;
		const { websocket = websocket_url, token, WebSocket = globalThis.WebSocket, EventSource = globalThis.EventSource } = this.options;
		/** @type {any[]} */ const ways = [["poll", () => this.#liveOnPolls(run)]];
		// It can send no token.
		if (stream_url && !token && EventSource) ways.unshift(["stream", () => this.#liveOnStream(EventSource, stream_url)]);
		if (websocket && WebSocket) ways.unshift(["socket", () => this.#liveOnSocket(WebSocket, websocket)]);
		const [name, live] = ways[this.#level] ?? ways.at(-1);
		this.transport = name;
		return live();
	}

	/** @param {any} WebSocket @param {string} address */
	async #liveOnSocket(WebSocket, address) {
		const protocols = ["convo.v1"];
		if (this.options.token) protocols.push(`ticket.${(await this.request("POST", "ticket/")).ticket}`);
		const socket = (this.#socket = new WebSocket(address, protocols));
		const interval = this.config.ping_interval * SECOND;
		let heardAt = Date.now();
		const pinging = setInterval(() => {
			if (Date.now() - heardAt > 2 * interval) socket.close();
			this.#say({ type: "ping" });
		}, interval);
		await new Promise((resolve, reject) => {
			// Only now, lest something fall in between.
			socket.onopen = () =>
				this.#reloadAll(true).then(() => this.#say({ type: "resume", cursor: this.#cursor, heads: this.#heads(true) })).catch(reject);
			socket.onmessage = (/** @type {any} */ { data }) => {
				heardAt = Date.now();
				this.#hear(JSON.parse(data), socket).catch(reject);
			};
			socket.onclose = resolve;
		}).finally(() => {
			clearInterval(pinging);
			socket.onmessage = null;
			if (this.#socket === socket) this.#socket = null;
			socket.close();
		});
	}

	/** @param {any} EventSource @param {string} address */
	async #liveOnStream(EventSource, address) {
		const query = this.#cursor ? `?${new URLSearchParams({ cursor: this.#cursor })}` : "";
		const source = (this.#socket = new EventSource(address + query));
		await new Promise((resolve, reject) => {
			source.onopen = () =>
				this.#reloadAll(true).then(() => (this.#cursor ? this.#sync() : null)).then(() => this.#setStatus("online"), reject);
			source.onmessage = (/** @type {any} */ { data, lastEventId }) => {
				this.#cursor = lastEventId || this.#cursor;
				this.#hear(JSON.parse(data), source).catch(reject);
			};
			source.onerror = resolve;
		}).finally(() => {
			source.onmessage = null;
			this.#socket = null;
			source.close();
		});
	}

	/** @param {Frame} frame @param {any} line */
	async #hear(frame, line) {
		const { type, cursor, limited, code, epoch } = frame;
		if (code === "invalid_cursor") this.isLoaded = false;
		if (code === "invalid_cursor" || type === "closed" || (epoch && epoch !== this.config.epoch)) return line.close();
		for (const id of limited ?? []) await this.#reload(id);
		this.#cursor = cursor ?? this.#cursor;
		if (type === "resumed" && line === this.#socket) this.#setStatus("online");
		this.receive(frame);
	}

	/** @param {object} run */
	async #liveOnPolls(run) {
		const end = Date.now() + BETTER_SECONDS * SECOND;
		while (this.#run === run) {
			await this.#sync();
			this.#setStatus("online");
			if (this.#level && Date.now() > end) return (this.#level = 0);
			await this.#sleep(jittered((this.options.pollSeconds ?? 4) * (globalThis.document?.hidden ? 10 : 1)));
		}
	}

	/** @param {object} frame */
	#say(frame) {
		const isOpen = this.transport === "socket" && this.#socket?.readyState === 1;
		if (isOpen) this.#socket.send(JSON.stringify(frame));
		return isOpen;
	}

	#sleep(milliseconds = 0) {
		return new Promise((/** @type {(value?: any) => void} */ resolve) => {
			const wake = () => (clearTimeout(timer), this.#sleepers.delete(wake), resolve());
			const timer = setTimeout(wake, milliseconds);
			this.#sleepers.add(wake);
		});
	}

	/** @param {string} key @param {number} seconds @param {() => any} act */
	#later(key, seconds, act) {
		clearTimeout(this.#timers.get(key));
		const timer = setTimeout(() => {
			this.#timers.delete(key);
			act()?.catch?.((/** @type {any} */ error) => this.#emit("error", { error }));
		}, seconds * SECOND);
		this.#timers.set(key, timer);
	}

	#setStatus(status = "") {
		if (this.status === status) return;
		this.status = status;
		this.#emit("status");
	}

	/** @param {string} name @param {any} [detail] */
	#emit(name, detail) {
		this.dispatchEvent(new CustomEvent(name, { detail }));
	}

	/** @param {string} id */
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

	// Or of what is open: polls bring snapshots of the rest.
	#heads(all = false) {
		const states = [...this.#states];
		const open = states.filter(([, state]) => state.loaded);
		const heads = [...open, ...(all ? states : [])].map(([id, state]) => [id, state.at]);
		return Object.fromEntries(heads.slice(0, this.config.limits.sync_max_heads));
	}

	async #sync() {
		for (let more = true; more; ) {
			const since = this.#clock;
			const answer = await this.request("POST", "sync/", { cursor: this.#cursor, heads: this.#heads() }).catch((error) => {
				if (error.code === "invalid_cursor") this.#cursor = null;
				throw error;
			});
			if (!this.#run) return;
			if (answer.epoch !== this.config.epoch) throw new Error("restored");
			const there = new Set(answer.conversations.map((/** @type {Conversation} */ one) => one.conversation_id));
			for (const id of answer.removed) if (!there.has(id)) this.#drop(id);
			for (const frame of Object.values(answer.events).flat()) this.receive(frame);
			for (const id of answer.limited) await this.#reload(id);
			for (const snapshot of answer.conversations) this.#adopt(snapshot, since);
			this.#cursor = answer.cursor;
			more = answer.more;
		}
		this.isLoaded = true;
		this.#touch("");
		// Nothing else tells who has read.
		if (this.transport !== "poll" || this.#polls++ % 5) return;
		for (const [id, { it, loaded }] of this.#states) if (loaded && it.kind === "direct") this.#refresh(id, 0);
	}

	async #startOver() {
		this.#cursor = null;
		this.isLoaded = false;
		for (const [id, state] of [...this.#states]) await (state.loaded ? this.#reload(id) : this.#drop(id));
	}

	async #reloadAll(ifNeeded = false) {
		if (ifNeeded && this.isLoaded && this.#cursor) return;
		this.#cursor = null;
		this.nextPage = "";
		const known = [...this.#states];
		const listed = await this.#page();
		for (const [id, { loaded }] of known) if (!listed.has(id)) await (loaded ? this.#snapshot(id).catch(() => {}) : this.#drop(id));
		this.isLoaded = true;
		this.#touch("");
	}

	async #page(query = "") {
		const since = this.#clock;
		const page = await this.request("GET", `conversations/${query}`);
		for (const snapshot of page.results) this.#adopt(snapshot, since);
		this.nextPage = page.next;
		return new Set(page.results.map((/** @type {Conversation} */ one) => one.conversation_id));
	}

	async moreConversations() {
		// Its host may be a proxy's.
		if (this.nextPage) await this.#page(new URL(this.nextPage).search);
	}

	/** @param {string} id @param {number} seconds */
	#refresh(id, seconds) {
		if (this.#timers.has(id)) return;
		this.#later(id, jittered(seconds) / SECOND, () => this.#snapshot(id).catch(() => this.#states.has(id) && this.#refresh(id, 5)));
	}

	/** @param {string} id */
	async #snapshot(id) {
		const since = this.#clock;
		const snapshot = await this.request("GET", `conversations/${id}/`).catch((error) => {
			if (error.status === 404) this.#drop(id);
			throw error;
		});
		return this.#adopt(snapshot, since);
	}

	/** Of a snapshot that frames have overtaken, only one's own state counts. @param {Conversation} snapshot @param {number} since @param {boolean} [jump] */
	#adopt(snapshot, since, jump) {
		const { conversation_id: id, event_seq, membership, mention_count } = snapshot;
		let state = this.#states.get(id);
		if (!state) {
			// Left meanwhile.
			if (this.#gone.get(id) > since) return void this.#refresh(id, 1);
			state = { it: snapshot, at: event_seq, ownAt: 0, isOwed: false, stale: 0, loaded: null, touched: new Map() };
			this.#states.set(id, state);
		}
		const { it } = state;
		const own = { membership: it.membership, mention_count: it.mention_count };
		const isNewer = jump || event_seq >= state.at;
		state.it = isNewer ? { ...snapshot, ...own } : { ...it, capabilities: snapshot.capabilities };
		if (jump || (isNewer && !state.loaded)) state.at = event_seq;
		if (event_seq >= state.stale) state.stale = 0;
		this.#setOwn(state, membership, mention_count, since);
		if (state.at < event_seq) this.#heal(id);
		return state;
	}

	/** @param {State} state @param {Membership|null} membership @param {number} mention_count @param {number} [since] */
	#setOwn(state, membership, mention_count, since = Infinity) {
		const id = state.it.conversation_id;
		// May be newer or older.
		if (state.ownAt > since) return this.#refresh(id, 1);
		state.ownAt = ++this.#clock;
		state.isOwed = false;
		state.it = { ...state.it, membership, mention_count };
		this.#count(state);
		this.#touch(id);
	}

	/** Two figures of the server's, never a sum of ours. @param {State} state */
	#count({ it }) {
		it.unread_count = it.membership ? Math.max(0, it.count_seq - it.membership.read_count_seq) : 0;
		this.#emit("unread");
	}

	/** @param {string} id */
	#drop(id) {
		this.#gone.set(id, ++this.#clock);
		if (!this.#states.delete(id)) return;
		this.#touch(id);
		this.#emit("unread");
	}

	/** @param {string} id @returns {Promise<any>} */
	async #heal(id) {
		const state = this.#states.get(id);
		const key = `heal ${id}`;
		if (!state || this.#busy.has(key)) return;
		if (!state.loaded) return this.#refresh(id, 0.1);
		this.#busy.add(key);
		try {
			for (let head = Infinity; state.at < head; ) {
				const log = await this.request("GET", `conversations/${id}/events/?after=${state.at}&limit=200`);
				if (this.#states.get(id) !== state) return;
				const [first] = log.results;
				if (log.limited || log.epoch !== this.config.epoch || first?.event_seq > state.at + 1) return await this.#reload(id);
				for (const frame of log.results) this.receive(frame);
				if (!first) state.at = Math.max(state.at, log.head);
				head = Math.max(log.head, state.it.event_seq);
			}
		} catch (/** @type {any} */ error) {
			if (error.status === 404) this.#drop(id);
			else this.#later(key, 5, () => this.#heal(id));
		} finally {
			this.#busy.delete(key);
		}
	}

	/** @param {string} id */
	async #reload(id) {
		const { loaded } = this.#states.get(id) ?? {};
		const since = this.#clock;
		try {
			const snapshot = await this.request("GET", `conversations/${id}/`);
			const place = loaded?.newer ? `around=${Math.round((loaded.low + loaded.high) / 2)}&` : "";
			const page = loaded && (await this.request("GET", `conversations/${id}/messages/?${place}limit=${Math.min(200, loaded.rows.size + 50)}`));
			const state = this.#adopt(snapshot, since, true);
			if (page && state) this.#merge(state, page, "replace");
		} catch (/** @type {any} */ error) {
			if (error.status !== 404) throw error;
			this.#drop(id);
		}
	}

	/** @param {string} id */
	#renew(id) {
		this.#reload(id).catch(() => this.#later(`renew ${id}`, 5, () => this.#renew(id)));
	}

	/** Apply a frame: the next one, no older one; before one from further on, what is between. @param {Frame} frame */
	receive(frame) {
		const { type, conversation_id: id = "", event_seq } = frame;
		const state = this.#states.get(id);
		if (!event_seq) return this.#receiveUnnumbered(frame, state);
		if (!state) return this.#refresh(id, 0.2);
		state.it.event_seq = Math.max(state.it.event_seq, event_seq);
		if (event_seq <= state.at) return;
		if (event_seq > state.at + 1) return void this.#heal(id);
		state.at = event_seq;
		this.#touch(id);
		if (type === "hidden") return this.#outdate(state);
		state.it.count_seq = Math.max(state.it.count_seq, frame.count_seq ?? 0);
		const [noun, verb] = type.split(".");
		if (noun === "message") this.#receiveMessage(state, frame, verb === "created");
		else if (noun === "reaction") this.#receiveReaction(state, frame, verb === "added");
		else if (noun === "participant") this.#receiveParticipant(state, frame, verb === "removed");
		else if (verb === "deleted") this.#drop(id);
		else {
			state.it = { ...state.it, ...frame.data.conversation };
			this.#outdate(state);
			// Messages were pruned.
			if (frame.data.oldest_seq) this.#renew(id);
		}
	}

	/** @param {Frame} frame @param {State} [state] */
	#receiveUnnumbered({ type, conversation_id: id = "", data, count_seq = 0 }, state) {
		if (type === "conversation.left") this.#drop(id);
		else if (type === "conversation.joined") this.#adopt(data.conversation, this.#clock);
		else if (type === "presence") {
			this.presence.set(String(data.user.user_id), data);
			this.#emit("presence", data);
		} else if (!state) return;
		else if (type === "typing") this.#setTyping(id, data.user, data.is_typing);
		else if (type === "membership.updated") {
			state.it.count_seq = Math.max(state.it.count_seq, count_seq);
			this.#setOwn(state, data.membership, data.mention_count);
		} else if (type === "read" || type === "delivered") {
			const name = `last_${type}_seq`;
			/** @type {any} */ const one = state.it.participants.find(({ user }) => same(user.user_id, data.user.user_id));
			if (one?.[name] != null) one[name] = Math.max(one[name], data.seq);
			this.#touch(id);
		}
	}

	/** @param {State} state @param {Frame} frame @param {boolean} isCreation */
	#receiveMessage(state, { data, client_id = "" }, isCreation) {
		const { it } = state;
		const { conversation_id: id, last_seq } = it;
		const message = this.#completed(state, data.message);
		const isMine = this.#isMe(message.sender);
		this.#place(state, message);
		it.last_seq = Math.max(last_seq, message.seq);
		if (at(message.sent_at) > at(it.last_message_at)) it.last_message_at = message.sent_at;
		if (message.seq >= it.last_seq) it.last_message = message;
		const { seq, reply_count } = data.thread_root ?? {};
		if (seq) this.#alter(state, seq, (root) => ({ ...root, reply_count }));
		this.#settle(message.client_id ?? client_id);
		this.#setTyping(id, message.sender, false);
		// One's own moves one's own pointer, which is still to be told.
		if (!isMine) this.#count(state);
		if (isMine || !isCreation || message.mentions.length) this.#outdate(state, true);
		if (isMine || !isCreation || message.seq <= last_seq) return;
		this.#emit("message", { conversation: it, message });
		this.#later(`delivered ${id}`, 0.5, () => this.#say({ type: "delivered", conversation: id, seq: it.last_seq }));
	}

	/** @param {State} state @param {Frame} frame @param {boolean} isAdded */
	#receiveReaction(state, { seq, data }, isAdded) {
		const isMine = this.#isMe(data.user);
		this.#alter(state, seq ?? 0, (row) => {
			const reactions = withOwn(data.reactions, row);
			for (const one of reactions) if (isMine && one.emoji === data.emoji) one.me = isAdded;
			return { ...row, reactions };
		});
	}

	/** @param {State} state @param {Frame} frame @param {boolean} isRemoved */
	#receiveParticipant(state, { data }, isRemoved) {
		const { it } = state;
		const { user_id: key, user, role, participant_count } = data;
		const is = (/** @type {Participant} */ one) => same(one.user.user_id, key);
		let participants = it.participants.map((one) => (is(one) && user ? { ...one, user, role } : one));
		if (isRemoved) participants = participants.filter((one) => !is(one));
		else if (user && participants.length < 10 && !participants.some(is)) participants.push({ user, role });
		state.it = { ...it, participants, participant_count };
		if (!user) this.#renew(it.conversation_id);
		// One may do something else; the eleventh moves up.
		if (same(key, this.user?.user_id) || participants.length < Math.min(10, participant_count)) this.#outdate(state);
	}

	/** A snapshot has to follow, if none comes by itself. @param {State} state */
	#outdate(state, own = false) {
		if (own) state.isOwed = true;
		else state.stale = state.at;
		const id = state.it.conversation_id;
		this.#later(`outdated ${id}`, state.stale ? 0.5 : 4, () => (state.stale || state.isOwed) && this.#refresh(id, 1));
	}

	/** Add what frames leave out: one's own reactions, and what is quoted. @param {State} state @param {Message} message */
	#completed({ it, loaded }, message) {
		const { message_id, seq } = message;
		const last = it.last_message?.message_id === message_id ? it.last_message : undefined;
		const before = loaded?.rows.get(seq) ?? last;
		const reactions = withOwn(message.reactions, before);
		let { reply_to } = message;
		let isPartial = before?.deleted_at && reactions.length;
		if (reply_to) {
			const quoted = loaded?.rows.get(reply_to.seq ?? 0);
			if (before?.reply_to?.excerpt !== undefined) ({ reply_to } = before);
			else if (quoted) reply_to = quoteOf(quoted);
			else isPartial = 1;
		}
		if (isPartial && loaded && within(loaded, seq)) this.#later(`complete ${message_id}`, 0, () => this.#complete(it.conversation_id, seq));
		return { client_id: before?.client_id, ...message, reactions, reply_to };
	}

	/** @param {string} id @param {number} seq */
	async #complete(id, seq) {
		const page = await this.#insist("GET", `conversations/${id}/messages/?around=${seq}&limit=1`);
		const state = this.#states.get(id);
		if (state) this.#merge(state, page, "spot");
	}

	/** @param {State} state @param {Message} message */
	#place({ it, loaded, touched }, message) {
		const { seq, message_id } = message;
		touched.delete(seq);
		touched.set(seq, ++this.#clock);
		if (touched.size > 2 * MOST_ROWS) touched.delete([...touched.keys()][0]);
		if (it.last_message?.message_id === message_id) it.last_message = message;
		this.#touch(it.conversation_id);
		if (!loaded || !within(loaded, seq)) return;
		loaded.rows.set(seq, message);
		loaded.high = Math.max(loaded.high, seq);
		const quote = quoteOf(message);
		for (const [place, row] of loaded.rows) {
			const { reply_to } = row;
			if (reply_to?.message_id === message_id && reply_to.excerpt !== quote.excerpt) loaded.rows.set(place, { ...row, reply_to: quote });
		}
		if (loaded.rows.size > 2 * MOST_ROWS) shorten(loaded, true);
	}

	/** @param {State} state @param {number} seq @param {Change} change */
	#alter(state, seq, change) {
		const { last_message: last } = state.it;
		const row = state.loaded?.rows.get(seq) ?? (last?.seq === seq ? last : null);
		if (row) this.#place(state, change(row));
	}

	/** @param {string} id @param {Card|null} user @param {boolean} isTyping */
	#setTyping(id, user, isTyping) {
		const typing = this.#typing.get(id) ?? new Map();
		this.#typing.set(id, typing);
		const key = String(user?.user_id);
		if (this.#isMe(user) || !(typing.delete(key) || isTyping)) return;
		if (isTyping) typing.set(key, user);
		if (isTyping) this.#later(`typing ${id} ${key}`, 6, () => this.#setTyping(id, user, false));
		this.#emit("typing", { id });
	}

	/** @param {Card|null} user */
	#isMe(user) {
		return same(user?.user_id, this.user?.user_id);
	}

	/** @param {string} id @returns {Card[]} */
	typingIn(id) {
		return [...(this.#typing.get(id)?.values() ?? [])];
	}

	/** @param {{archived?: boolean}} [filters] */
	conversations({ archived = false } = {}) {
		const rank = (/** @type {Conversation} */ one) => `${one.membership?.pinned_at ? 1 : 0} ${at(one.last_message_at)} ${one.conversation_id}`;
		return [...this.#states.values()]
			.map(({ it }) => it)
			.filter((it) => it.membership && isArchived(it) === archived)
			.sort((one, other) => (rank(one) < rank(other) ? 1 : -1));
	}

	/** @param {string} id */
	conversation(id) {
		return this.#states.get(id)?.it;
	}

	/** @param {string} id */
	loaded(id) {
		return this.#states.get(id)?.loaded;
	}

	/** @param {string} id @returns {Message[]} */
	messages(id) {
		const loaded = this.loaded(id);
		const shown = [...(loaded?.rows.values() ?? [])].sort((one, other) => one.seq - other.seq).map((row) => {
			for (const change of this.#changes.get(row.message_id) ?? []) row = change(row);
			return row;
		});
		const waiting = [...this.#outbox.values()].filter((entry) => entry.conversation === id && !loaded?.newer);
		return [...shown, ...waiting.map((entry) => ({
			seq: Infinity, kind: "user", sender: this.user, attachments: [], mentions: [], reactions: [], ...entry, message_id: entry.client_id, message_body: entry.body, pending: !entry.error,
		}))];
	}

	/** @param {string} id @param {Place} [where] */
	async open(id, { around, unread, limit = 50 } = {}) {
		if (!this.#states.has(id)) await this.#snapshot(id);
		const place = unread ? "anchor=first_unread&" : around ? `around=${around}&` : "";
		const page = await this.request("GET", `conversations/${id}/messages/?${place}limit=${limit}`);
		const state = this.#states.get(id);
		if (state) this.#merge(state, page, "replace");
		this.#say({ type: "presence", conversation: id });
		return this.loaded(id);
	}

	/** @param {string} id */
	close(id) {
		const state = this.#states.get(id);
		if (state) state.loaded = null;
		this.#refresh(id, 0);
	}

	/** @param {string} id @param {"older"|"newer"} side */
	async further(id, side) {
		const state = this.#states.get(id);
		const { loaded } = state ?? {};
		const key = `${side} ${id}`;
		if (!state || !loaded?.[side] || this.#busy.has(key)) return;
		this.#busy.add(key);
		try {
			const place = side === "older" ? `before=${loaded.low}` : `after=${loaded.high}`;
			const page = await this.request("GET", `conversations/${id}/messages/?${place}&limit=50`);
			// One may have jumped elsewhere.
			if (state.loaded === loaded) this.#merge(state, page, side);
		} finally {
			this.#busy.delete(key);
		}
	}

	/** @param {State} state @param {any} page @param {Page} how */
	#merge(state, page, how) {
		const { results: rows, event_seq, oldest_seq, next, previous } = page;
		const seqs = rows.map((/** @type {Message} */ row) => row.seq);
		if (how === "replace") {
			const low = rows.length ? Math.min(...seqs) : oldest_seq;
			state.loaded = { rows: new Map(), low, high: low - 1, older: !!next, newer: false, oldest: oldest_seq, anchor: page.anchor_seq };
		}
		const { loaded, it } = state;
		if (!loaded) return;
		if (how === "older") loaded.low = Math.min(loaded.low, ...seqs);
		if (how === "newer") loaded.newer = false;
		for (const row of rows) {
			this.#place(state, row);
			this.#settle(row.client_id);
		}
		if (how === "older") loaded.older = !!next;
		if (how === "replace" || how === "newer") loaded.newer = !!previous;
		shorten(loaded, how === "newer");
		// What frames have told since, once more.
		state.at = Math.min(state.at, event_seq);
		it.event_seq = Math.max(it.event_seq, event_seq);
		if (state.at < it.event_seq) this.#heal(it.conversation_id);
		this.#touch(it.conversation_id);
	}

	/** @param {string} id @param {Content} content */
	send(id, { reply_to, ...content }) {
		if (this.#outbox.size >= MOST_QUEUED) throw new ConvoError(0, { code: "queue_full" });
		// Hidden on plain http.
		const client_id = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
		const entry = { body: "", ...content, client_id, conversation: id, reply_to: reply_to ? quoteOf(reply_to) : null, sent_at: new Date().toISOString(), error: null };
		this.#queue(entry);
		return client_id;
	}

	/** @param {string} clientId */
	retry(clientId) {
		const entry = this.#outbox.get(clientId);
		if (entry) this.#queue({ ...entry, error: null });
	}

	/** @param {string} clientId */
	discard(clientId) {
		this.#settle(clientId);
	}

	/** @param {any} entry */
	#queue(entry) {
		this.#keep(entry);
		this.#flush(entry.conversation);
	}

	/** @param {string} id */
	async #flush(id) {
		if (this.#busy.has(id)) return;
		this.#busy.add(id);
		for (let attempt = 0; this.#run; ) {
			const entry = [...this.#outbox.values()].find((one) => one.conversation === id && !one.error);
			if (!entry) break;
			const { client_id, body, reply_to, thread_root, attachments = [], mentions = [] } = entry;
			const since = this.#clock;
			try {
				const message = await this.request("POST", `conversations/${id}/messages/`, {
					client_id,
					message_body: body,
					thread_root,
					reply_to: reply_to?.message_id,
					attachments: attachments.map((/** @type {Attachment} */ one) => one.attachment_id),
					mentions: keys(mentions),
				});
				attempt = 0;
				this.#settle(client_id);
				this.#accept(message, since);
			} catch (/** @type {any} */ error) {
				if (error.isTemporary) await this.#sleep(error.seconds * SECOND || backoff(attempt++));
				else this.#keep({ ...entry, error: { code: error.code, detail: error.message } });
			}
		}
		this.#busy.delete(id);
	}

	/** Show an answer, unless a frame was faster. @param {Message} message @param {number} since */
	#accept(message, since) {
		const { seq, conversation, sent_at } = message;
		const state = this.#states.get(conversation);
		if (!state || (state.touched.get(seq) ?? 0) > since) return;
		this.#place(state, message);
		if (seq > state.it.last_seq) Object.assign(state.it, { last_seq: seq, last_message: message, last_message_at: sent_at });
	}

	/** @param {string|null} [clientId] */
	#settle(clientId) {
		const entry = this.#outbox.get(clientId);
		if (!entry) return;
		this.#outbox.delete(clientId);
		this.#storage?.removeItem(this.#key(clientId));
		this.#touch(entry.conversation);
	}

	/** One for each message, lest tabs overwrite each other's. @param {any} clientId */
	#key(clientId) {
		return `convo:${this.options.api}:${this.user?.user_id}:${clientId}`;
	}

	/** @param {any} entry */
	#keep(entry) {
		this.#outbox.set(entry.client_id, entry);
		this.#touch(entry.conversation);
		try {
			if (this.user) this.#storage?.setItem(this.#key(entry.client_id), JSON.stringify(entry));
		} catch {
			// Full.
		}
	}

	#recall() {
		const names = Object.keys(this.#storage ?? {}).filter((name) => name.startsWith(this.#key("")));
		const found = names.map((name) => JSON.parse(this.#storage.getItem(name)));
		for (const entry of found.sort((one, other) => at(one.sent_at) - at(other.sent_at))) this.#keep(entry);
	}

	/** Show a change, and take it back if it is refused. @param {Message} message @param {Change} change @param {string} method @param {string} path @param {any} [body] */
	async #attempt(message, change, method, path, body) {
		const { message_id: id, conversation, seq } = message;
		const changes = this.#changes.get(id) ?? new Set();
		this.#changes.set(id, changes.add(change));
		this.#touch(conversation);
		const since = this.#clock;
		try {
			const answer = await this.#insist(method, `conversations/${conversation}/messages/${id}/${path}`, body);
			const row = this.loaded(conversation)?.rows.get(seq);
			if (row) this.#accept(answer ?? change(row), since);
		} finally {
			changes.delete(change);
			this.#touch(conversation);
		}
	}

	/** @param {string} method @param {string} path @param {any} [body] @returns {Promise<any>} */
	#insist(method, path, body, attempt = 0) {
		return this.request(method, path, body).catch(async (error) => {
			if (!error.isTemporary || attempt > 3) throw error;
			await this.#sleep(error.seconds * SECOND || backoff(attempt));
			return this.#insist(method, path, body, attempt + 1);
		});
	}

	/** @param {Message} message @param {string} message_body @param {Card[]} [mentions] */
	edit(message, message_body, mentions) {
		const edited_at = new Date().toISOString();
		return this.#attempt(message, (row) => ({ ...row, message_body, edited_at }), "PATCH", "", { message_body, mentions: mentions && keys(mentions) });
	}

	/** @param {Message} message */
	delete(message) {
		const deleted_at = new Date().toISOString();
		return this.#attempt(message, (row) => ({ ...row, deleted_at, message_body: "", attachments: [], reactions: [] }), "DELETE", "");
	}

	/** @param {Message} message @param {string} emoji @param {boolean} isOn */
	react(message, emoji, isOn) {
		const change = (/** @type {Message} */ row) => {
			const now = row.reactions.find((one) => one.emoji === emoji) ?? { emoji, count: 0, me: false };
			if (!!now.me === isOn) return row;
			const then = { emoji, count: now.count + (isOn ? 1 : -1), me: isOn };
			const reactions = now.count ? row.reactions.map((one) => (one === now ? then : one)) : [...row.reactions, then];
			return { ...row, reactions: reactions.filter((one) => one.count > 0) };
		};
		return this.#attempt(message, change, isOn ? "PUT" : "DELETE", `reactions/${encodeURIComponent(emoji)}/`);
	}

	/** @param {string} id */
	read(id) {
		const state = this.#states.get(id);
		const { it, loaded } = state ?? {};
		if (!loaded || !it?.membership || (!it.unread_count && it.membership.last_read_seq >= loaded.high)) return;
		this.#later(`read ${id}`, 0.4, () => this.#writeOwn(id, "POST", "read/", { seq: loaded.high }));
	}

	/** @param {string} id @param {object} changes */
	updateMembership(id, changes) {
		return this.#writeOwn(id, "PATCH", "membership/", changes);
	}

	/** @param {string} id @param {string} message_body @param {string|null} [reply_to] */
	draft(id, message_body, reply_to) {
		const key = `draft ${id}`;
		this.#later(key, 1.5, async () => {
			// One at a time, lest they overtake each other.
			if (this.#busy.has(key)) return this.draft(id, message_body, reply_to);
			this.#busy.add(key);
			try {
				if (message_body.trim()) await this.#writeOwn(id, "PUT", "draft/", { message_body, reply_to });
				else if (this.conversation(id)?.membership?.draft) await this.#writeOwn(id, "DELETE", "draft/");
			} finally {
				this.#busy.delete(key);
				this.#touch(id);
			}
		});
	}

	/** @param {string} id */
	isDrafting(id) {
		const key = `draft ${id}`;
		return this.#timers.has(key) || this.#busy.has(key);
	}

	/** @param {string} id @param {string} method @param {string} path @param {any} [body] */
	async #writeOwn(id, method, path, body) {
		const since = this.#clock;
		const { conversation_id: _, unread_count: __, mention_count, ...membership } = await this.#insist(method, `conversations/${id}/${path}`, body);
		const state = this.#states.get(id);
		if (state) this.#setOwn(state, membership, mention_count, since);
	}

	/** @param {string} id @param {boolean} is_typing */
	typing(id, is_typing) {
		const key = `typing ${id}`;
		if (is_typing === this.#timers.has(key)) return;
		clearTimeout(this.#timers.get(key));
		this.#timers.delete(key);
		if (is_typing) this.#later(key, 3, () => {});
		if (!this.#say({ type: "typing", conversation: id, is_typing })) this.request("POST", `conversations/${id}/typing/`, { is_typing }).catch(() => {});
	}

	/** @param {File} file @param {Progress} [progress] @param {AbortSignal} [signal] @returns {Promise<Attachment>} */
	upload(file, progress, signal) {
		return new Promise((resolve, reject) => {
			const request = new XMLHttpRequest();
			request.open("POST", `${this.options.api}attachments/`);
			for (const [name, value] of Object.entries(this.#headers({}))) request.setRequestHeader(name, value);
			request.responseType = "json";
			request.upload.onprogress = ({ loaded, total }) => progress?.(loaded / total);
			request.onload = () => (request.status === 201 ? resolve(request.response) : reject(new ConvoError(request.status, request.response)));
			request.onerror = request.onabort = ({ type }) => reject(new ConvoError(0, { code: type }));
			signal?.addEventListener("abort", () => request.abort());
			const body = new FormData();
			body.append("file", file);
			request.send(body);
		});
	}
}

/** @param {Reaction[]} reactions @param {Message} [before] */
const withOwn = (reactions, before) =>
	reactions.map((one) => ({ ...one, me: !!before?.reactions.some((other) => other.me && other.emoji === one.emoji) }));
/** @param {Card[]} people */
const keys = (people) => people.map((one) => one.user_id ?? "everyone");
/** @param {Loaded} loaded @param {number} seq */
const within = ({ low, high, newer }, seq) => seq >= low && (seq <= high || !newer);

/** @param {Loaded} loaded @param {boolean} oldest */
function shorten(loaded, oldest) {
	const seqs = [...loaded.rows.keys()].sort((one, other) => one - other);
	if (seqs.length <= MOST_ROWS) return;
	for (const seq of oldest ? seqs.slice(0, -MOST_ROWS) : seqs.slice(MOST_ROWS)) loaded.rows.delete(seq);
	if (oldest) Object.assign(loaded, { low: seqs.at(-MOST_ROWS), older: true });
	else Object.assign(loaded, { high: seqs[MOST_ROWS - 1], newer: true });
}

/** @param {Message} message @returns {Quote} */
function quoteOf({ message_id, seq, sender, message_body }) {
	return { message_id, seq, sender, excerpt: [...message_body].slice(0, EXCERPT_LENGTH).join("") };
}

/** Until the next message, unless muted. @param {Conversation} conversation */
function isArchived({ membership, last_message_at }) {
	const { archived_at, muted_until } = membership ?? {};
	return !!archived_at && (at(archived_at) >= at(last_message_at) || at(muted_until) > Date.now());
}

const NIL = "00000000-0000-0000-0000-000000000000";
const GROUP_SECONDS = 300;
// In pixels.
const NEAR = 80;
const FAR = 800;
const steps = { ArrowDown: 1, ArrowUp: -1 };
/** @type {Map<string, ConvoClient>} one for all elements of a page */
const clients = new Map();

/** @param {Methods} methods */
function define(tag, methods) {
	if (!globalThis.customElements) return;
	class Element extends HTMLElement {
		connectedCallback() {
			const { api } = this.dataset;
			if (!api) return;
			const { user: user_id = "", conversation } = this.dataset;
			const csrf = () => document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
			const client = clients.get(api) ?? new ConvoClient({ api, csrf, user: { user_id, name: "", avatar: null } });
			clients.set(api, client);
			Object.assign(this, { client, conversation, life: new AbortController(), rows: new Map() }).begin();
		}

		disconnectedCallback() {
			this.life?.abort();
		}

		begin() {}
	}
	Object.assign(Element.prototype, common, methods);
	customElements.define(tag, Element);
}

/** @type {Methods} */
const common = {
	on(target, names, act) {
		for (const name of names.split(" ")) target.addEventListener(name, act, { signal: this.life.signal });
	},

	one(selector) {
		return this.querySelector(selector);
	},

	text(name, values = {}) {
		const text = this.one("[data-convo-template=texts]").content.querySelector(`[data-text="${name}"]`)?.textContent ?? "";
		return text.replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
	},

	clone(name, id = NIL) {
		const row = this.one(`[data-convo-template="${name}"]`).content.firstElementChild.cloneNode(true);
		for (const { attributes } of [row, ...row.querySelectorAll("*")]) {
			for (const one of attributes) if (one.value.includes(NIL)) one.value = one.value.replaceAll(NIL, id);
		}
		return row;
	},

	face(avatar, person) {
		const letters = (person?.name ?? "").trim().match(/^\S|(?<=\s)\S(?=\S*$)/gu) ?? [];
		avatar.dataset.hue = [...String(person?.user_id ?? "")].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 8;
		avatar.replaceChildren(person?.avatar ? make("img", { src: person.avatar, alt: "" }) : letters.join("").toUpperCase());
	},

	moment(moment, options) {
		return new Date(moment).toLocaleString(this.dataset.language, options);
	},

	size(file) {
		return this.text("size", { count: Math.ceil(file.size / 1000) });
	},

	stamp(row, moment, options) {
		const time = slot(row, "time");
		time.dateTime = moment;
		write(time, this.moment(moment, options));
	},

	showStatus() {
		// Not for a moment.
		clearTimeout(this.waiting);
		const wait = this.client.status === "online" ? 0 : 2 * SECOND;
		this.waiting = setTimeout(() => {
			for (const name of ["offline", "connecting"]) this.one(`[data-state=${name}]`).hidden = this.client.status !== name;
		}, wait);
	},

	others(it) {
		return it.participants.map((one) => one.user).filter((one) => !this.isMe(one));
	},

	isMe(person) {
		return same(person?.user_id, this.dataset.user);
	},
};

const make = (name, properties, ...children) => {
	const element = Object.assign(document.createElement(name), properties);
	element.append(...children);
	return element;
};
const slot = (row, name) => row.querySelector(`[data-slot="${name}"]`);
/** Nothing that is there already, lest it be read out twice. */
const write = (element, text) => element && element.textContent !== String(text) && (element.textContent = text);

function show(row, name, isShown, text) {
	const part = row.querySelector(`[data-part="${name}"]`);
	if (part) part.hidden = !isShown;
	if (text !== undefined) write(slot(row, name), text);
	return part;
}

function mark({ dataset }, facts) {
	for (const [name, value] of Object.entries(facts)) {
		if (value) dataset[name] = value === true ? "" : value;
		else delete dataset[name];
	}
}

/** Moves as few as can be. */
function arrange(list, rows) {
	const focused = document.activeElement;
	const place = list.contains(focused) && focused.closest("li");
	const wanted = new Set(rows);
	for (const child of [...list.children]) if (!wanted.has(child)) child.remove();
	let next = list.firstElementChild;
	for (const row of rows) {
		if (row === next) next = next.nextElementSibling;
		else list.insertBefore(row, next);
	}
	// What is moved or replaced has lost the focus.
	if (place) [focused, place, document.getElementById(place.id)].find((one) => one?.isConnected)?.focus({ preventScroll: true });
}

define("convo-badge", {
	begin() {
		this.on(this.client, "unread", () => this.ask(1));
		this.on(document, "visibilitychange", () => this.ask(1));
		this.ask(60);
	},

	ask(seconds) {
		clearTimeout(this.timer);
		this.timer = setTimeout(async () => {
			if (!this.isConnected) return;
			this.ask(60);
			const counts = !document.hidden && (await this.client.request("GET", "unread/").catch(() => null));
			if (counts) this.show(counts.messages);
		}, seconds * SECOND);
	},

	show(count) {
		mark(this, { unread: count });
		write(slot(this, "count"), count > 999 ? "999+" : count);
		slot(this, "count").hidden = !count;
		write(slot(this, "label"), this.text(count ? "unread-count" : "no-unread", { count }));
	},
});

define("convo-inbox", {
	begin() {
		this.on(this.client, "change presence", () => this.render());
		if (!document.querySelector("convo-thread")) this.on(this.client, "status", () => this.showStatus());
		this.on(this, "click", (event) => {
			const act = event.target.closest("[data-do]")?.dataset.do;
			if (act === "reload") this.client.poke();
			if (act !== "older" || this.dataset.query) return;
			event.preventDefault();
			this.client.moreConversations().catch(() => {});
		});
		// The server knows only its own time zone.
		for (const time of document.querySelectorAll(".convo-column time")) write(time, this.moment(time.dateTime, { dateStyle: "medium", timeStyle: "short" }));
		this.client.start();
	},

	render() {
		const { filter, query } = this.dataset;
		if (!this.client.isLoaded || query) return;
		const all = this.client.conversations({ archived: filter === "archived" });
		const shown = all.filter((one) => filter !== "unread" || one.unread_count);
		arrange(this.one("[data-list]"), shown.map((one) => this.row(one)));
		this.one("[data-state=empty]").hidden = shown.length;
		const more = this.one("[data-do=older]");
		if (more) more.parentElement.hidden = !this.client.nextPage;
	},

	row(it) {
		const { conversation_id: id, membership, last_message: last, unread_count: unread, mention_count: mentions } = it;
		const row = this.rows.get(id) ?? this.clone("conversation", id);
		if (!this.rows.has(id)) {
			this.rows.set(id, row);
			// Only the server knows.
			const about = this.one(`[data-conversation-id="${id}"] [data-slot=about]`)?.textContent ?? "";
			show(row, "about", about, about);
			if (id === this.dataset.current) row.querySelector("a").ariaCurrent = "page";
		}
		const others = this.others(it);
		const other = it.kind === "direct" && others[0];
		const names = others.slice(0, 3).map((one) => one.name).join(", ");
		const title = it.title || (others[3] ? this.text("and-others", { names }) : names) || this.text("only-you");
		if (row.dataset.title !== title) this.face(slot(row, "avatar"), other || { user_id: id, name: title });
		const isToday = new Date(it.last_message_at).toDateString() === new Date().toDateString();
		this.stamp(row, it.last_message_at, isToday ? { timeStyle: "short" } : { month: "short", day: "numeric" });
		const draft = membership.draft?.message_body.slice(0, 80);
		const files = last?.attachments.map((file) => file.name).join(", ");
		const excerpt = last?.deleted_at ? this.text("deleted") : last?.message_body.slice(0, EXCERPT_LENGTH) || files || "";
		const sender = this.isMe(last?.sender) ? this.text("you") : other ? "" : last?.sender?.name;
		const muted = at(membership.muted_until) > Date.now();
		const pinned = !!membership.pinned_at;
		write(slot(row, "title"), title);
		write(slot(row, "excerpt"), draft ? "" : excerpt);
		show(row, "excerpt-sender", sender && !draft, sender);
		show(row, "draft", draft, draft);
		show(row, "unread", unread, unread);
		show(row, "mentions", mentions);
		show(row, "muted", muted);
		show(row, "pinned", pinned);
		const online = other && this.client.presence.get(String(other.user_id))?.online;
		mark(row, { title, unread, mentions, muted, pinned, online });
		return row;
	},
});

define("convo-thread", {
	begin() {
		const { client } = this;
		Object.assign(this, {
			log: this.one("[data-log]"), list: this.one("[data-list]"), form: this.one("[data-composer]"), body: this.one("[data-body]"),
			unreadLine: this.clone("unread-line"), days: new Map(), deleted: new Set(), files: [], named: new Map(), root: this.dataset.threadRoot,
		});
		const unread = this.one("[data-unread-line] + li");
		this.unreadFrom = Number(unread?.dataset.seq);
		this.on(client, "change", ({ detail }) => {
			if (!detail.ids.has(this.conversation)) return;
			this.render();
			clearTimeout(this.reading);
			if (this.root && this.replies) this.reading = setTimeout(() => this.readThread(), 300);
		});
		this.on(client, "status", () => (this.showStatus(), this.render()));
		this.on(client, "typing", () => this.showTyping());
		this.on(client, "presence", () => this.showHead());
		this.on(this, "click", (event) => this.press(event));
		this.on(this, "keydown", (event) => this.key(event));
		this.on(this.log, "scroll", () => this.scrolled());
		this.on(window, "focus", () => this.seen());
		// Whoever is at the end stays there.
		const sizes = new ResizeObserver(() => this.wasAtEnd && this.goTo());
		for (const one of [this.log, this.log.firstElementChild]) sizes.observe(one);
		if (this.form) this.beginWriting();
		this.goTo(unread);
		client.start();
		const around = Number(this.dataset.anchorSeq) || this.unreadFrom;
		this.load(around ? { around } : {});
	},

	async load(where) {
		try {
			const loaded = await this.loading(this.client.open(this.conversation, where));
			if (this.root) await this.readThread();
			this.found(where.around);
			if (!where.unread) return;
			this.unreadFrom = loaded?.anchor;
			this.render();
			this.goTo(this.unreadLine);
		} catch (error) {
			if (!error.isTemporary) return this.complain(error);
			setTimeout(() => this.isConnected && this.load(where), backoff(2));
		}
	},

	// What is put in now is not read out.
	hush() {
		this.log.ariaBusy = "true";
		clearTimeout(this.hushed);
		this.hushed = setTimeout(() => (this.log.ariaBusy = "false"), SECOND);
	},

	loading(wait) {
		this.hush();
		mark(this.log, { loading: true });
		return wait.finally(() => mark(this.log, { loading: false }));
	},

	async readThread() {
		const root = `conversations/${this.conversation}/messages/${this.root}/`;
		const { results } = await this.client.request("GET", `${root}replies/?limit=200`);
		this.replies = [await this.client.request("GET", root), ...results.reverse()];
		this.render();
	},

	messages() {
		const all = this.client.messages(this.conversation);
		if (!this.root) return all;
		const here = all.filter((one) => one.thread_root === this.root || one.message_id === this.root);
		return [...new Map([...this.replies, ...here].map((one) => [one.message_id, one])).values()];
	},

	render() {
		const { client, log, root } = this;
		const it = client.conversation(this.conversation);
		const loaded = client.loaded(this.conversation);
		if (!it) return client.isLoaded && this.rows.size && this.lock("left");
		if (!loaded || (root && !this.replies)) return;
		const wasAtEnd = this.isAtEnd();
		const { top } = log.getBoundingClientRect();
		const fixed = [...this.rows.values()].find((row) => row.getBoundingClientRect().bottom > top);
		const place = fixed?.getBoundingClientRect().top;
		const old = this.rows;
		this.rows = new Map();
		const nodes = [];
		let before;
		for (const message of this.messages()) {
			const day = new Date(message.sent_at).toDateString();
			const isNext = before && before.day === day && message.seq !== this.unreadFrom;
			if (before?.day !== day) nodes.push(this.day(day));
			if (message.seq === this.unreadFrom) nodes.push(this.unreadLine);
			const isGrouped = isNext && before.kind === message.kind && same(before.sender?.user_id, message.sender?.user_id)
				&& at(message.sent_at) - before.at < GROUP_SECONDS * SECOND;
			nodes.push(this.row(message, isGrouped, it, old));
			before = { ...message, day, at: at(message.sent_at) };
		}
		arrange(this.list, nodes);
		this.one("[data-state=empty]").hidden = nodes.length;
		if (!old.size) this.goTo(this.unreadFrom && this.unreadLine);
		else if (wasAtEnd && !loaded.newer) this.goTo();
		else if (fixed?.isConnected) log.scrollTop += fixed.getBoundingClientRect().top - place;
		this.lock(it.closed_at ? "closed" : it.capabilities.includes("message.send") ? "" : "error");
		this.showHead();
		this.showDraft(it);
		this.scrolled();
	},

	// Another device's, unless one writes here.
	showDraft({ membership }) {
		const { body, client, conversation, root } = this;
		if (!body || root || client.isDrafting(conversation)) return;
		const text = membership?.draft?.message_body ?? "";
		if (!this.edited && body.value === this.drafted) body.value = text;
		this.drafted = text;
		this.fit();
	},

	fit() {
		this.body.rows = Math.min(8, this.body.value.split("\n").length);
	},

	day(day) {
		const line = this.days.get(day) ?? this.clone("day");
		this.days.set(day, line);
		const name = ["today", "yesterday"][Math.round((at(new Date().toDateString()) - at(day)) / 864e5)];
		write(slot(line, "day"), name ? this.text(name) : this.moment(day, { dateStyle: "full" }));
		return line;
	},

	row(it, isGrouped, conversation, old) {
		const own = this.isMe(it.sender);
		const isSent = it.seq < Infinity;
		const name = it.kind === "system" ? "message-system" : it.deleted_at ? "message-deleted" : own ? "message-own" : "message";
		const ticks = own && isSent && this.ticks(it, conversation);
		const status = isSent ? "" : it.error ? "failed" : this.client.status === "offline" ? "queued" : "sending";
		const key = (own && it.client_id) || it.message_id;
		let row = old.get(key);
		if (row?.name !== name) row = Object.assign(this.clone(name, it.message_id), { name, tabIndex: -1 });
		// It has arrived.
		else if (row.message.message_id !== it.message_id) {
			row.replaceChildren(...this.clone(name, it.message_id).children);
			row.words = "";
		}
		this.rows.set(key, row);
		row.message = it;
		const print = JSON.stringify([it, isGrouped, ticks, status, this.deleted.has(key)]);
		if (row.print === print) return row;
		row.print = print;
		if (isSent) row.id = `convo-m-${it.seq}`;
		mark(row, {
			messageId: it.message_id, seq: isSent && it.seq, sentAt: it.sent_at, sender: it.sender?.user_id, own,
			edited: !!it.edited_at, pinned: it.pinned, deleted: !!it.deleted_at, grouped: isGrouped, status,
		});
		this.stamp(row, it.sent_at, { timeStyle: "short" });
		if (it.kind === "user") this.face(slot(row, "avatar"), it.sender);
		write(slot(row, "sender"), it.sender?.name ?? this.text("gone"));
		show(row, "restore", this.deleted.has(key));
		if (it.deleted_at) return row;
		const words = JSON.stringify([it.message_body, it.mentions]);
		if (row.words !== words) slot(row, "body").replaceChildren(...this.linked(it));
		row.words = words;
		show(row, "pinned", it.pinned);
		show(row, "edited", it.edited_at);
		show(row, "thread", it.reply_count && !this.root);
		write(slot(row, "thread-count"), it.reply_count);
		show(row, "failed", it.error);
		show(row, "status", 1, it.error ? it.error.detail : this.text(status || ticks));
		if (own) mark(slot(row, "status"), { ticks });
		const quote = it.reply_to;
		const link = show(row, "quote", quote);
		if (quote) {
			link.href = link.href.replace(/around=.*/, `around=${quote.seq}#convo-m-${quote.seq}`);
			write(slot(row, "quote-sender"), quote.message_id ? (quote.sender?.name ?? this.text("gone")) : "");
			write(slot(row, "quote-excerpt"), quote.message_id ? quote.excerpt || this.text("deleted") : this.text("unseen-quote"));
		}
		if (show(row, "attachments", it.attachments[0])?.children.length !== it.attachments.length) this.showFiles(row, it.attachments);
		if (show(row, "reactions", it.reactions[0])) this.showReactions(row, it);
		return row;
	},

	showFiles(row, files) {
		slot(row, "attachments")?.replaceChildren(...files.map((file) => {
			const item = this.clone(file.thumbnail_url ? "attachment-image" : "attachment-file", file.attachment_id);
			Object.assign(slot(item, "image") ?? {}, { width: file.width, height: file.height, alt: file.name });
			write(slot(item, "name"), file.name);
			write(slot(item, "size"), this.size(file));
			return item;
		}));
	},

	showReactions(row, { message_id, reactions }) {
		const list = slot(row, "reactions");
		const old = new Map([...list.children].map((button) => [button.value, button]));
		arrange(list, reactions.map(({ emoji, count, me }) => {
			const button = Object.assign(old.get(emoji) ?? this.clone("reaction", message_id), { value: emoji, ariaPressed: !!me });
			write(slot(button, "emoji"), emoji);
			write(slot(button, "count"), count);
			mark(button, { me });
			return button;
		}));
	},

	linked({ message_body: body, mentions }) {
		const names = mentions.map((one) => `@${one.name}`.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).sort().reverse();
		return body.split(new RegExp(`(${["https?://[^\\s<>]+", ...names].join("|")})`)).flatMap((piece, index) => {
			if (index % 2 === 0) return piece;
			if (piece[0] === "@") {
				const card = mentions.find((one) => `@${one.name}` === piece);
				const name = make("span", { className: "convo-mention" }, piece);
				mark(name, { me: card.user_id === null || this.isMe(card) });
				return name;
			}
			const href = piece.replace(/[.,;:!?'")\]}>]+$/, "");
			return [make("a", { href, rel: "nofollow noopener ugc", target: "_blank" }, href), piece.slice(href.length)];
		});
	},

	ticks({ seq }, { kind, participants }) {
		const other = kind === "direct" && participants.find((one) => !this.isMe(one.user));
		return other?.last_read_seq >= seq ? "read" : other?.last_delivered_seq >= seq ? "delivered" : "sent";
	},

	showHead() {
		const it = this.client.conversation(this.conversation);
		if (it?.title) write(slot(this, "title"), it.title);
		const seen = it?.kind === "direct" && this.client.presence.get(String(this.others(it)[0]?.user_id));
		if (!seen) return;
		const time = seen.last_seen && this.moment(seen.last_seen, { dateStyle: "medium", timeStyle: "short" });
		write(slot(this, "presence"), seen.online ? this.text("online") : time ? this.text("last-seen", { time }) : "");
	},

	showTyping() {
		const [one, two, more] = this.client.typingIn(this.conversation);
		const text = one && this.text(more ? "typing-many" : two ? "typing-two" : "typing-one", { name: one.name, other: two?.name });
		write(slot(this, "typing"), text ?? "");
	},

	lock(why) {
		if (!this.form || this.form.hidden === !!why) return;
		this.form.hidden = !!why;
		this.complain(why ? { message: this.text(why) } : null);
	},

	complain(error) {
		const state = this.one("[data-state=error]");
		state.hidden = error === null;
		write(slot(state, "error"), error?.message || this.text("error"));
	},

	isAtEnd(distance = NEAR) {
		const { scrollHeight, scrollTop, clientHeight } = this.log;
		return scrollHeight - scrollTop - clientHeight < distance;
	},

	goTo(row) {
		if (row) row.scrollIntoView({ block: "center" });
		else this.log.scrollTop = this.log.scrollHeight;
	},

	found(seq) {
		const row = this.one(`[data-seq="${seq}"]`);
		if (!row) return;
		this.goTo(row);
		row.dataset.found = "";
		return row;
	},

	scrolled() {
		const { log, client } = this;
		this.wasAtEnd = this.isAtEnd();
		const it = client.conversation(this.conversation);
		const loaded = client.loaded(this.conversation);
		if (!loaded) return;
		const link = this.one(".convo-jump [data-do=end]");
		link.hidden = this.isAtEnd() && !loaded.newer;
		write(link.lastChild, this.text(it.unread_count ? "new-messages" : "to-newest", { count: it.unread_count }));
		this.seen();
		if (this.root) return;
		if (log.scrollTop < FAR && loaded.older) this.further("older");
		if (this.isAtEnd(FAR) && loaded.newer) this.further("newer");
	},

	further(side) {
		return this.loading(this.client.further(this.conversation, side).catch(() => {}));
	},

	seen() {
		const isLooking = !document.hidden && document.hasFocus() && this.isAtEnd();
		if (isLooking && this.client.loaded(this.conversation)?.newer === false) this.client.read(this.conversation);
	},

	jump(seq) {
		return this.found(seq) ?? this.load({ around: seq });
	},

	async jumpToEnd() {
		if (this.client.loaded(this.conversation)?.newer) await this.load({});
		this.goTo();
	},

	press(event) {
		const target = event.target.closest("[data-do], [data-emoji]");
		if (!target) return;
		const popup = target.closest("[popover]");
		const message = (popup ?? target.closest(".convo-message"))?.message;
		const act = target.dataset.do ?? "picked";
		if (act !== "copy") popup?.hidePopover();
		const done = this.act(act, target, message, popup);
		if (done === false) return;
		event.preventDefault();
		Promise.resolve(done).catch((error) => this.complain(error));
	},

	act(act, target, message, popup) {
		const { client } = this;
		if (act === "older" || act === "newer") return this.further(act);
		if (act === "end") return this.jumpToEnd();
		if (act === "reload") return this.complain(null), client.poke();
		if (act === "cancel-reply") return this.begun();
		if (act === "emoji") return this.openPicker(target);
		if (act === "picked" && !message) return this.insert(target.value);
		if (act === "remove-upload") return this.removeFile(target.closest("li"));
		if (!message) return act === "unread" && ((target.hidden = true), this.load({ unread: true }));
		if (act === "quote") return message.reply_to.seq ? this.jump(message.reply_to.seq) : undefined;
		if (act === "react") return this.openPicker(popup?.opener ?? target, message);
		if (act === "picked" || act === "toggle-reaction") return this.react(message, target.value);
		if (act === "more") return this.openMenu(target, message);
		if (act === "copy") return this.copy(target, message);
		if ((act === "reply" || act === "edit") && this.form) return this.begun(message, act === "edit");
		if (act === "delete") return this.deleted.add(message.client_id || message.message_id), client.delete(message);
		if (act === "retry" || act === "discard") return client[act](message.client_id);
		return !!target.formAction && act !== "join" && this.post(target);
	},

	async post(target) {
		const answer = await fetch(target.formAction, { method: "POST", body: new FormData(this.one("[data-actions]")) });
		if (!answer.ok) this.complain();
		this.client.poke();
	},

	// The item says so, and the status beside it. Plain http has no clipboard.
	async copy(item, { message_body }) {
		const done = await navigator.clipboard?.writeText(message_body).then(() => true, () => false);
		for (const place of [item.lastChild, item.nextElementSibling]) write(place, this.text(done ? "copied" : "not-copied"));
		if (done) setTimeout(() => item.closest("[popover]").hidePopover(), SECOND);
	},

	react(message, emoji) {
		return this.client.react(message, emoji, !message.reactions.some((one) => one.emoji === emoji && one.me));
	},

	openPopup(popup, opener, message) {
		Object.assign(popup, { popover: "auto", opener, message });
		popup.classList.add("convo-popup");
		this.append(popup);
		popup.addEventListener("toggle", (event) => event.newState === "closed" && popup.remove());
		popup.showPopover();
		const from = opener.getBoundingClientRect();
		const { width, height } = popup.getBoundingClientRect();
		const top = from.bottom + height < innerHeight ? from.bottom : Math.max(8, from.top - height);
		const left = Math.max(8, Math.min(from.left, innerWidth - width - 8));
		popup.style.inset = `${top}px auto auto ${left}px`;
		popup.querySelector("a, button")?.focus();
	},

	openPicker(opener, message) {
		const picker = this.clone("picker");
		const allowed = message && this.dataset.reactions?.split(" ");
		for (const button of picker.querySelectorAll("[data-emoji]")) button.hidden = allowed && !allowed.includes(button.value);
		this.openPopup(picker, opener, message);
	},

	openMenu(opener, message) {
		const menu = this.clone("menu", message.message_id);
		const { capabilities } = this.client.conversation(this.conversation);
		const facts = [...capabilities, this.isMe(message.sender) ? "own" : "other", message.pinned ? "pinned" : "unpinned", message.deleted_at && "deleted", message.message_body && "text"];
		for (const item of menu.querySelectorAll("[data-do]")) {
			const { needs, for: whose, if: when } = item.dataset;
			const isFor = [needs, whose, when].every((one) => !one || facts.includes(one));
			item.closest("li").hidden = !isFor || (!when && message.deleted_at);
		}
		this.openPopup(menu, opener, message);
	},

	key(event) {
		const { key, target } = event;
		const step = steps[key];
		const isRow = target.matches(".convo-message");
		const popup = target.closest("[popover]");
		if (popup && step) {
			const items = [...popup.querySelectorAll("a, button")].filter((item) => item.checkVisibility());
			items.at((items.indexOf(target) + step) % items.length).focus();
		} else if (step && (isRow || target === this.log)) {
			const rows = [...this.rows.values()];
			const next = isRow ? rows[rows.indexOf(target) + step] : rows.at(-1);
			(next ?? this.body)?.focus();
		} else if (isRow && key === "Enter") target.querySelector("[data-do=more]")?.click();
		else if (isRow && key === "Escape") this.body?.focus();
		else return;
		event.preventDefault();
	},

	beginWriting() {
		const { form, body, client, conversation } = this;
		Object.assign(this, { uploads: slot(form, "uploads"), drafted: body.defaultValue });
		this.one("[data-do=emoji]").hidden = false;
		this.on(form, "submit", (event) => this.submit(event));
		this.on(body, "keydown", (event) => this.keyInBody(event));
		this.on(body, "input", () => {
			this.fit();
			this.complete();
			if (this.edited) return;
			client.typing(conversation, !!body.value.trim());
			if (!this.root) client.draft(conversation, body.value, this.answered?.message_id);
		});
		this.on(body, "blur", () => this.dropNames());
		const files = this.one("[data-files]");
		if (!files) return;
		this.on(files, "change", () => {
			this.addFiles(files.files);
			files.value = "";
		});
		this.on(this, "dragover dragleave drop paste", (event) => {
			const { files, types } = event.dataTransfer ?? event.clipboardData;
			if (!types.includes("Files")) return;
			event.preventDefault();
			this.classList.toggle("convo-dropping", event.type === "dragover");
			this.addFiles(files);
		});
		for (const row of this.uploads.children) {
			row.querySelector("[data-do]").hidden = false;
			this.files.push({ attachment_id: row.dataset.attachmentId, name: slot(row, "name").textContent, size: 0, row });
		}
	},

	submit(event) {
		const { form, body, edited, client, conversation } = this;
		const files = this.files;
		// Later, the page itself sends it.
		if (form.elements.send_at?.value) return;
		event.preventDefault();
		const text = body.value;
		if ((!text.trim() && !files.length) || files.some((file) => !file.attachment_id)) return;
		const mentions = [...this.named.values()].filter((one) => text.includes(`@${one.name}`));
		if (edited) client.edit(edited, text, mentions).catch((error) => this.complain(error));
		else {
			const attachments = files.map(({ row: _, ...file }) => file);
			client.send(conversation, { body: text, reply_to: this.answered, thread_root: this.root, attachments, mentions });
		}
		this.files = [];
		this.uploads.replaceChildren();
		this.begun();
		if (edited) return;
		this.insertAll("");
		this.jumpToEnd();
	},

	begun(message, isEdit) {
		const wasEdit = this.edited;
		this.edited = isEdit && message;
		if (wasEdit || isEdit) this.insertAll(isEdit ? message.message_body : this.drafted);
		this.answered = isEdit ? null : message;
		this.named.clear();
		for (const one of (isEdit && message.mentions) || []) this.named.set(one.name, one);
		write(slot(this.form, "reply-sender"), isEdit ? this.text("editing") : message?.sender?.name);
		write(slot(this.form, "reply-excerpt"), message?.message_body.slice(0, EXCERPT_LENGTH));
		this.one("[data-reply-bar]").hidden = !message;
		mark(this.form, { editing: isEdit });
		this.body.focus();
	},

	insertAll(text) {
		this.body.select();
		this.insert(text);
	},

	insert(text) {
		const { body } = this;
		body.setRangeText(text, body.selectionStart, body.selectionEnd, "end");
		body.focus();
		body.dispatchEvent(new Event("input"));
	},

	keyInBody(event) {
		const { key, shiftKey, isComposing } = event;
		const { body, names } = this;
		const step = steps[key];
		if (isComposing) return;
		if (names && step) this.chooseName(step);
		else if (names && (key === "Enter" || key === "Tab")) this.insertName(names.chosen);
		else if (names && key === "Escape") this.dropNames();
		else if (key === "Enter" && !shiftKey && !matchMedia("(pointer: coarse)").matches) this.form.requestSubmit();
		else if (key === "Escape" && (this.edited || this.answered)) this.begun();
		else if (key === "ArrowUp" && !body.value) {
			const own = this.messages().findLast((one) => this.isMe(one.sender) && one.seq < Infinity && !one.deleted_at);
			if (own) this.begun(own, true);
		} else return;
		event.preventDefault();
		event.stopPropagation();
	},

	async complete() {
		const { body } = this;
		this.dropNames();
		const word = /(?:^|\s)@([^\s@]{0,30})$/.exec(body.value.slice(0, body.selectionStart))?.[1];
		const it = this.client.conversation(this.conversation);
		if (word === undefined || !it) return;
		if (!this.people || this.people.length < Math.min(200, it.participant_count - 1)) {
			const page = await this.client.request("GET", `conversations/${this.conversation}/participants/?limit=200`);
			this.people = this.others({ participants: page.results });
			if (it.capabilities.includes("message.mention_all")) this.people.push({ user_id: null, name: "everyone" });
			return this.complete();
		}
		// Any of its words.
		const fit = this.people.filter(({ name }) => ` ${name}`.toLowerCase().includes(` ${word.toLowerCase()}`)).slice(0, 8);
		if (!fit.length) return;
		const rows = fit.map((card, index) => {
			const row = Object.assign(this.clone("completion"), { card, id: `convo-name-${index}` });
			this.face(slot(row, "avatar"), card);
			write(slot(row, "name"), card.name);
			row.addEventListener("pointerdown", (event) => {
				event.preventDefault();
				this.insertName(row);
			});
			return row;
		});
		const names = make("ul", { id: "convo-names", role: "listbox", ariaLabel: this.text("names"), word }, ...rows);
		this.openPopup(names, body);
		this.names = names;
		body.setAttribute("aria-controls", "convo-names");
		this.chooseName(0);
	},

	dropNames() {
		this.names?.remove();
		this.names = null;
		for (const name of ["controls", "activedescendant"]) this.body.removeAttribute(`aria-${name}`);
	},

	chooseName(step) {
		const { names } = this;
		const rows = [...names.children];
		names.chosen = rows.at((Math.max(0, rows.indexOf(names.chosen)) + step) % rows.length);
		for (const row of rows) row.ariaSelected = row === names.chosen;
		this.body.setAttribute("aria-activedescendant", names.chosen.id);
	},

	insertName({ card }) {
		this.named.set(card.name, card);
		this.body.selectionStart -= this.names.word.length;
		this.insert(`${card.name} `);
	},

	addFiles(files) {
		const count = Number(this.dataset.maxFiles);
		for (const file of files) {
			if (this.files.length >= count) return this.complain({ message: this.text("too-many-files", { count }) });
			const row = Object.assign(this.clone("upload"), { stop: new AbortController() });
			const progress = slot(row, "progress");
			const entry = { row };
			write(slot(row, "name"), file.name);
			write(slot(row, "size"), this.size(file));
			progress.hidden = row.querySelector("[data-do]").hidden = false;
			this.files.push(entry);
			this.uploads.append(row);
			this.client.upload(file, (share) => (progress.value = share * 100), row.stop.signal).then(
				(attachment) => {
					Object.assign(entry, attachment);
					progress.hidden = true;
					const { thumbnail_url: src } = attachment;
					if (src) row.firstElementChild.prepend(make("img", { src, alt: "" }));
				},
				(error) => {
					this.removeFile(row);
					if (error.code !== "abort") this.complain({ message: `${this.text("upload-failed", { name: file.name })} ${error.message}` });
				},
			);
		}
	},

	removeFile(row) {
		row.stop?.abort();
		this.files = this.files.filter((file) => file.row !== row);
		row.remove();
		this.body.focus();
	},
});
