import { startSupervisor, supervisorTokens, type Supervisor } from '../../sim/supervisor.ts';
import type { FakeHomeAssistant } from './fake-home-assistant.ts';
import type { WorldOptions } from './world.ts';

/** A Supervisor that lets its app through to this Home Assistant; the caller stops it. */
export function startSupervisorOf({ url, world }: FakeHomeAssistant): Promise<Supervisor> {
  return startSupervisor({ world: { core: { url, token: world.token } } });
}

interface AppSettings {
  readonly supervisor: NonNullable<WorldOptions['supervisor']>;
  readonly settings: NonNullable<WorldOptions['settings']>;
}

/** What makes a bridge an app of this Supervisor, except that it listens on this machine alone. */
export function asAppOf(supervisor: Supervisor): AppSettings {
  return {
    supervisor: { url: supervisor.url, address: '127.0.0.1' },
    settings: {
      SUPERVISOR_TOKEN: supervisorTokens.app,
      MONZO_BRIDGE_UI_HOST: '127.0.0.1',
      MONZO_BRIDGE_PUBLIC_HOST: '127.0.0.1',
    },
  };
}
