import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readConfig, type Config } from '../config.ts';
import { readEnvironment, type Environment } from '../environment.ts';
import { webAddress } from '../http/server.ts';
import { CommandFailure } from './failure.ts';

/** Everything that tells where the bridge is and how to talk to it, relative to the working directory. */
export interface Place {
  readonly config: Config;
  readonly dataDirectory: string;
  /** Where the private listener should answer. */
  readonly url: string;
}

/** Throws a BridgeError `bad_setting`. */
export function readPlace(cwd: string, env: Environment, url?: string): Place {
  const config = readConfig({
    environment: readEnvironment(cwd, env),
    readFile: (path) => readFileSync(resolve(cwd, path), 'utf8'),
  });
  return {
    config,
    dataDirectory: resolve(cwd, config.DATA_DIR),
    url: url?.replace(/\/+$/, '') ?? webAddress(config.UI_HOST, config.UI_PORT),
  };
}

/** The admin token: from the settings, else from its file. Throws `no_admin_token`. */
export function adminTokenOf({ config, dataDirectory }: Place): string {
  if (config.ADMIN_TOKEN !== null) return config.ADMIN_TOKEN;
  try {
    return readFileSync(join(dataDirectory, 'admin-token'), 'utf8').trim();
  } catch {
    throw new CommandFailure(
      'no_admin_token',
      `There is no readable file admin-token in ${dataDirectory}. Start the bridge once, run this where it runs, or set MONZO_BRIDGE_ADMIN_TOKEN or MONZO_BRIDGE_DATA_DIR.`,
    );
  }
}
