import { z } from 'zod';
import type { Clock } from '../../../clock.ts';
import { BridgeError } from '../../../errors.ts';
import type { Rest } from '../rest.ts';
import type { Session } from '../session.ts';

/** The scripts that Home Assistant keeps in scripts.yaml, and whether it has loaded them. */
export interface ScriptStore {
  /** What stands in scripts.yaml under this name; null where nothing does. */
  read(slug: string): Promise<unknown>;
  /** Makes Home Assistant write the whole file anew, in which comments are lost, and load it. */
  write(slug: string, script: unknown): Promise<void>;
  remove(slug: string): Promise<void>;
  /** The names of all scripts that can be called now, wherever they are written. */
  loaded(session: Session): Promise<ReadonlySet<string>>;
  /** Waits some seconds for Home Assistant to load these; resolves with those it has not. */
  missingAfterLoading(session: Session, slugs: readonly string[]): Promise<readonly string[]>;
}

const servicesSchema = z.object({ script: z.record(z.string(), z.unknown()).default({}) });
const refusalSchema = z.object({ message: z.string() });

/** Loading begins after the answer; Home Assistant reads a few files for it. */
const loading = { lookEvery: 500, looks: 20 } as const;

/** Through the script editor's own API: `GET`, `POST` and `DELETE /api/config/script/config/<name>`. Everything throws a BridgeError. */
export function createScriptStore(rest: Rest, clock: Clock): ScriptStore {
  const path = (slug: string) => `/api/config/script/config/${slug}`;
  const loaded: ScriptStore['loaded'] = async (session) => {
    const services = servicesSchema.parse(await session.command({ type: 'get_services' }));
    return new Set(Object.keys(services.script));
  };
  return {
    loaded,
    read: async (slug) => {
      const { status, content } = await rest({ method: 'GET', path: path(slug) });
      if (status === 404) return null;
      if (status !== 200) throw notDone('read', slug, { status, content });
      return content;
    },
    write: async (slug, script) => {
      const answer = await rest({ method: 'POST', path: path(slug), body: script });
      if (answer.status !== 200) throw notDone('write', slug, answer);
    },
    remove: async (slug) => {
      const answer = await rest({ method: 'DELETE', path: path(slug) });
      if (answer.status !== 200) throw notDone('remove', slug, answer);
    },
    missingAfterLoading: async (session, slugs) => {
      for (let look = 1; ; look += 1) {
        const present = await loaded(session);
        const missing = slugs.filter((slug) => !present.has(slug));
        if (missing.length === 0 || look === loading.looks) return missing;
        await clock.wait(loading.lookEvery, session.ended);
      }
    },
  };
}

interface Answer {
  readonly status: number;
  readonly content: unknown;
}

function notDone(deed: string, slug: string, { status, content }: Answer): BridgeError {
  if (status === 404)
    return new BridgeError(
      'home_assistant_no_scripts',
      'Home Assistant has no script editor: put default_config: or config: into configuration.yaml and restart it.',
      { needsPerson: true },
    );
  const said = refusalSchema.safeParse(content).data?.message.slice(0, 200) ?? `HTTP ${status}`;
  return new BridgeError(
    'home_assistant_script_refused',
    `Home Assistant did not ${deed} the script ${slug} (${said}).`,
    { retryable: status >= 500 },
  );
}
