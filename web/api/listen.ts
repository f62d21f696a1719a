import type { Listen } from '../live.ts';
import { isBeat, isSnapshot } from './contract.ts';

/** Server-sent events below the page's own address. */
export function createListen(base: string): Listen {
  return ({ onSnapshot, onBeat, onLost }) => {
    const source = new EventSource(new URL('api/live', base));
    source.addEventListener('snapshot', ({ data }: MessageEvent<string>) => {
      const snapshot = parsed(data);
      if (isSnapshot(snapshot)) onSnapshot(snapshot);
      else onLost();
    });
    source.addEventListener('beat', ({ data }: MessageEvent<string>) => {
      const beat = parsed(data);
      if (isBeat(beat)) onBeat(Date.parse(beat.at));
    });
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
