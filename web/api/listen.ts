import type { Listen, Snapshot } from '../live.ts';
import { isAccount, isHealth, isLogin, isPot } from './contract.ts';
import { flag, listOf, shape, text, whole } from './guards.ts';

const isSnapshot = shape<Snapshot>({
  at: text,
  logins: listOf(isLogin),
  accounts: listOf(isAccount),
  pots: listOf(isPot),
  health: isHealth,
  paused: flag,
  undelivered: whole,
  last_event: whole,
});

/** Server-sent events below the page's own address. */
export function createListen(base: string): Listen {
  return ({ onSnapshot, onBeat, onLost }) => {
    const source = new EventSource(new URL('api/live', base));
    source.addEventListener('snapshot', ({ data }: MessageEvent<string>) => {
      const snapshot = parsed(data);
      if (isSnapshot(snapshot)) onSnapshot(snapshot);
      else onLost();
    });
    source.addEventListener('beat', onBeat);
    source.addEventListener('error', onLost);
    return () => source.close();
  };
}

function parsed(content: string): unknown {
  try {
    return JSON.parse(content) as unknown;
  } catch {
    return null;
  }
}
