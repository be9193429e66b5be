// What the JSDoc of convo.js names. Not loaded by browsers.

/** A user inside other answers. */
type Card = { user_id: any; name: string; avatar: string | null };
type Reaction = { emoji: string; count: number; me?: boolean };
type Quote = { message_id: string | null; seq?: number; sender?: Card | null; excerpt?: string };
type Attachment = {
  attachment_id: string;
  name: string;
  content_type: string;
  size: number;
  width: number | null;
  height: number | null;
  url: string | null;
  thumbnail_url: string | null;
};

/** A message as REST has it. What is on its way has the `seq` Infinity, and is `pending` or, once refused, has an `error`. */
type Message = {
  message_id: string;
  conversation: string;
  seq: number;
  kind: "user" | "system";
  sender: Card | null;
  message_body: string;
  sent_at: string;
  edited_at: string | null;
  deleted_at: string | null;
  client_id?: string | null;
  reply_to: Quote | null;
  thread_root: string | null;
  reply_count: number;
  attachments: Attachment[];
  mentions: Card[];
  reactions: Reaction[];
  metadata: object;
  pinned: boolean;
  editable_until: string | null;
  pending?: boolean;
  error?: { code: string; detail: string } | null;
};

type Membership = {
  role: string;
  joined_at: string;
  last_read_seq: number;
  read_count_seq: number;
  muted_until: string | null;
  archived_at: string | null;
  pinned_at: string | null;
  notify: "all" | "mentions" | "none";
  draft: { message_body: string; reply_to: string | null } | null;
};

type Participant = { user: Card; role: string; last_read_seq?: number | null; last_delivered_seq?: number | null };

type Conversation = {
  conversation_id: string;
  kind: "direct" | "group" | "channel";
  title: string;
  topic: string;
  created_by: Card | null;
  closed_at: string | null;
  participant_count: number;
  participants: Participant[];
  last_message: Message | null;
  last_message_at: string;
  last_seq: number;
  count_seq: number;
  event_seq: number;
  unread_count: number;
  mention_count: number;
  membership: Membership | null;
  capabilities: string[];
};

type Frame = {
  type: string;
  conversation_id?: string;
  event_seq?: number;
  seq?: number | null;
  count_seq?: number;
  client_id?: string;
  data?: any;
  code?: string;
  cursor?: string | null;
  epoch?: string;
  limited?: string[];
};

/** What a message is made of. */
type Content = {
  body?: string;
  reply_to?: Message | null;
  thread_root?: string | null;
  attachments?: Attachment[];
  mentions?: Card[];
};

/** The part of a conversation that is loaded: everything visible from `low` to `high`, and whether there is more. */
type Loaded = {
  rows: Map<number, Message>;
  low: number;
  high: number;
  older: boolean;
  newer: boolean;
  oldest: number;
  anchor: number | null;
};

/**
 * What is known of a conversation. `at` is the last event applied, `ownAt` when one's own state last came, `isOwed`
 * that it has to come, `stale` from which event on a snapshot has to come, `touched` when each message was last told of.
 */
type State = {
  it: Conversation;
  at: number;
  ownAt: number;
  isOwed: boolean;
  stale: number;
  loaded: Loaded | null;
  touched: Map<number, number>;
};

type Options = {
  /** The root of the API. */
  api: string;
  /** A token, where there is no session. */
  token?: string | null;
  /** Where the CSRF token is, where there is a session. */
  csrf?: () => string;
  /** Who one is, to save a request. */
  user?: Card | null;
  /** Where the WebSocket is, if not where `GET /config/` says; false: nowhere. */
  websocket?: string | false;
  /** Seconds between polls, where nothing better works. */
  pollSeconds?: number;
  fetch?: typeof fetch;
  WebSocket?: any;
  EventSource?: any;
  storage?: Storage | null;
};

/** How a message is shown until the server has answered. */
type Change = (row: Message) => Message;
/** Told how much of a file has gone, from 0 to 1. */
type Progress = (share: number) => void;
/** Where a conversation is opened. */
type Place = { around?: number; unread?: boolean; limit?: number };
/** Which rows a page of messages has: in the place of those that are there, before or after them, or one among them. */
type Page = "replace" | "older" | "newer" | "spot";
/** What an element can do. `this` is it, with all that it has been given. */
type Methods = Record<string, (this: any, ...rest: any[]) => any>;
