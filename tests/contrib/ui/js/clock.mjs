// Time that passes when a test says so.

const real = { setTimeout, clearTimeout, setInterval, clearInterval, Date };
const turn = setImmediate;
let now = 0;
let count = 0;
let timers = new Map();

function plan(act, milliseconds = 0, parts, every = null) {
  timers.set(++count, { at: now + Math.max(1, milliseconds), act: () => act(...parts), every });
  return count;
}

/** Stop the clock. What an earlier test has left to be done is never done. */
export function stopClock() {
  now = real.Date.parse("2026-04-01T12:00:00Z");
  timers = new Map();
  globalThis.setTimeout = (act, milliseconds, ...parts) => plan(act, milliseconds, parts);
  globalThis.setInterval = (act, milliseconds, ...parts) => plan(act, milliseconds, parts, milliseconds);
  globalThis.clearTimeout = globalThis.clearInterval = (id) => void timers.delete(id);
  globalThis.Date = class extends real.Date {
    constructor(...parts) {
      super(...(parts.length ? parts : [now]));
    }
    static now() {
      return now;
    }
  };
}

export function startClock() {
  Object.assign(globalThis, real);
}

/** Let everything that waits for nothing but promises run. */
export async function settle(turns = 12) {
  for (let done = 0; done < turns; done++) await new Promise((resolve) => turn(resolve));
}

/** Let this many seconds pass, a tenth at a time. */
export async function pass(seconds, step = 0.1) {
  await settle();
  for (let gone = 0; gone < seconds - 1e-9; gone += step) {
    now += Math.round(step * 1000);
    const due = [...timers].filter(([, timer]) => timer.at <= now).sort(([, one], [, other]) => one.at - other.at);
    for (const [id, timer] of due) {
      if (!timers.has(id)) continue;
      if (timer.every) timer.at += timer.every;
      else timers.delete(id);
      timer.act();
    }
    await settle(4);
  }
  await settle();
}

/** Let time pass until a promise is kept, or broken. */
export async function during(promise) {
  let isOver = false;
  const over = () => (isOver = true);
  promise.then(over, over);
  while (!isOver) await pass(0.2);
  return promise;
}
