import { adminTokenFrom, secretKeyFrom } from '../store/directory.ts';
import { openStore, type Store } from '../store/store.ts';
import type { AppOptions } from './options.ts';

/** What has to be open before anything else can be built. */
export interface Opened {
  readonly store: Store;
  readonly secretKey: Uint8Array;
  readonly adminToken: string;
}

/** Opens the data directory and keeps every secret there is out of the log. Throws as `openStore` does. */
export function open(options: AppOptions): Opened {
  const { config, clock, secrets, randomBytes, supervisor, beforeWrite } = options;
  const directory = config.DATA_DIR;
  const secretKey = secretKeyFrom({ directory, randomBytes, given: config.SECRET_KEY ?? undefined });
  const adminToken = adminTokenFrom({ directory, randomBytes, given: config.ADMIN_TOKEN ?? undefined });
  const password = config.MQTT_URL === null ? '' : decodeURIComponent(new URL(config.MQTT_URL).password);
  const keyText = Buffer.from(secretKey).toString('hex');
  const token = config.HOME_ASSISTANT_TOKEN ?? '';
  for (const secret of [adminToken, keyText, password, token, supervisor?.token ?? ''])
    secrets.conceal(secret);
  const timeZone = config.TIME_ZONE;
  const store = openStore({ directory, clock, secretKey, randomBytes, timeZone, beforeWrite });
  return { store, secretKey, adminToken };
}
