import { z } from 'zod';
import { BridgeError } from '../../../errors.ts';
import { askRest, type RestAnswer, type RestOptions } from '../rest.ts';
import type { Session } from '../websocket-session.ts';

/** The scripts that Home Assistant keeps in scripts.yaml, and whether it has loaded them. */
export interface ScriptStore {
  /** The script of this name in scripts.yaml; null where there is none. */
  read(slug: string): Promise<unknown>;
  /** Makes Home Assistant rewrite the whole file, which loses comments, and load it. */
  write(slug: string, script: unknown): Promise<void>;
  remove(slug: string): Promise<void>;
  /** The names of all scripts that can be called now, wherever they are defined. */
  loaded(session: Session): Promise<ReadonlySet<string>>;
  /** Waits some seconds for Home Assistant to load these; resolves with those it has not loaded. */
  missingAfterLoading(session: Session, slugs: readonly string[]): Promise<readonly string[]>;
}

const servicesSchema = z.object({ script: z.record(z.string(), z.unknown()).default({}) });
const refusalSchema = z.object({ message: z.string() });

/** Home Assistant answers before it has loaded the scripts, and reads several files to do so. */
const loading = { checkEvery: 500, checks: 20 } as const;

/**
 * Uses the API of Home Assistant's script editor, `/api/config/script/config/<name>`, because the websocket does not
 * offer it. Everything throws a BridgeError.
 */
export function createScriptStore(options: RestOptions): ScriptStore {
  const loaded: ScriptStore['loaded'] = async (session) => {
    const services = servicesSchema.parse(await session.command({ type: 'get_services' }));
    return new Set(Object.keys(services.script));
  };
  return {
    loaded,
    read: async (slug) => {
      const answer = await askRest(options, { method: 'GET', path: pathOf(slug) });
      if (answer.status === 404) return null;
      if (answer.status !== 200) throw failure('read', slug, answer);
      return answer.content;
    },
    write: async (slug, script) => {
      const answer = await askRest(options, { method: 'POST', path: pathOf(slug), body: script });
      if (answer.status !== 200) throw failure('write', slug, answer);
    },
    remove: async (slug) => {
      const answer = await askRest(options, { method: 'DELETE', path: pathOf(slug) });
      if (answer.status !== 200) throw failure('remove', slug, answer);
    },
    missingAfterLoading: async (session, slugs) => {
      for (let check = 1; ; check += 1) {
        const present = await loaded(session);
        const missing = slugs.filter((slug) => !present.has(slug));
        if (missing.length === 0 || check === loading.checks) return missing;
        await options.clock.wait(loading.checkEvery, session.ended);
      }
    },
  };
}

const pathOf = (slug: string) => `config/script/config/${slug}`;

function failure(operation: string, slug: string, { status, content }: RestAnswer): BridgeError {
  if (status === 404)
    return new BridgeError(
      'home_assistant_no_scripts',
      'Home Assistant has no script editor: add default_config: or config: to configuration.yaml and restart it.',
      { needsPerson: true },
    );
  const reason = refusalSchema.safeParse(content).data?.message.slice(0, 200) ?? `HTTP ${status}`;
  return new BridgeError(
    'home_assistant_script_refused',
    `Home Assistant did not ${operation} the script ${slug} (${reason}).`,
    { retryable: status >= 500 },
  );
}
