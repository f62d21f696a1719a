import { createHash } from 'node:crypto';

const prefix = 'monzo_';

/** What a device in Home Assistant is recognised by; also a part of its topic. Letters, digits, `_` and `-` alone. */
export function deviceIdentifier(id: string): string {
  return `${prefix}${safeId(id)}`;
}

/** The account, pot or login that a device stands for, as `safeId` wrote it; null for a device of somebody else. */
export function idOfDevice(identifier: string): string | null {
  return identifier.startsWith(prefix) ? identifier.slice(prefix.length) : null;
}

/** The id itself where it may stand in a topic, as all of Monzo's and ours do; else a stand-in that keeps it distinct. */
export function safeId(id: string): string {
  if (/^[A-Za-z0-9_-]{1,80}$/.test(id)) return id;
  const digest = createHash('sha256').update(id).digest('hex').slice(0, 16);
  return `${id.replaceAll(/[^A-Za-z0-9_-]+/g, '_').slice(0, 40)}-${digest}`;
}
