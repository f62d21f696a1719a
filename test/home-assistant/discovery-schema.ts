import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { discoveryKeysSchema } from './discovery-keys.ts';
import type { DiscoveryKeys } from './discovery-keys.ts';
import { installHomeAssistant } from './install.ts';
import { run } from './processes.ts';

/** The MQTT platforms a bridge to a bank can make use of. */
const PLATFORMS = [
  'binary_sensor',
  'button',
  'device_automation',
  'event',
  'image',
  'notify',
  'number',
  'select',
  'sensor',
  'switch',
  'text',
  'update',
];

const problemSchema = z.object({
  document: z.string(),
  /** Null when Home Assistant refuses the document as a whole. */
  component: z.string().nullable(),
  /** `undeclared`: Home Assistant would drop the key `detail` without a word. */
  kind: z.enum(['undeclared', 'invalid']),
  detail: z.string(),
});
/** What Home Assistant's own schemas find wrong with a discovery document. */
export type DiscoveryProblem = z.infer<typeof problemSchema>;

/** Takes the declared keys out of the installed Home Assistant. */
export async function extractDiscoveryKeys(): Promise<DiscoveryKeys> {
  return discoveryKeysSchema.parse(await ask({ platforms: PLATFORMS }));
}

/**
 * Runs device discovery documents (by any name, unabbreviated) through Home Assistant's own schemas.
 * Returns nothing when they are right.
 */
export async function checkAgainstHomeAssistant(
  documents: Readonly<Record<string, unknown>>,
): Promise<readonly DiscoveryProblem[]> {
  return z.array(problemSchema).parse(await ask({ documents }));
}

async function ask(request: unknown): Promise<unknown> {
  const installation = await installHomeAssistant();
  const program = await readFile(new URL('discovery_schema.py', import.meta.url), 'utf8');
  const input = JSON.stringify(request);
  return JSON.parse(await run(installation.python(['-c', program]), { input, timeoutMs: 60_000 })) as unknown;
}
