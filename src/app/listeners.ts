import { chosenSettings } from '../config.ts';
import { createPseudonyms } from '../http/diagnostics.ts';
import type { SignInCodes } from '../http/page-sessions.ts';
import { createPrivateApp } from '../http/private.ts';
import { createPublicApp } from '../http/public.ts';
import { createIngress } from '../http/request-origin.ts';
import { listen, portOf, type Listeners } from '../http/server.ts';
import type { Services } from '../http/services.ts';
import type { AppOptions, Opened } from './opened.ts';

export interface ListenerParts extends Omit<Services, 'about'>, Pick<Opened, 'adminToken' | 'secretKey'> {
  readonly options: AppOptions;
  readonly startedAt: number;
  readonly codes: SignInCodes;
}

/** Opens both listeners or none. Throws what `listen` throws. */
export async function openListeners(parts: ListenerParts): Promise<Listeners> {
  const { options, startedAt, secretKey, adminToken, codes } = parts;
  const { config, clock, log, secrets, randomBytes, supervisor, webDirectory, version } = options;
  const about = {
    version,
    startedAt,
    settings: chosenSettings(config),
    pseudonymOf: createPseudonyms(secretKey),
  };
  const services = { ...parts, about };
  const publicApp = await createPublicApp({ services, log });
  const privateApp = await createPrivateApp({
    services,
    config,
    clock,
    log,
    randomBytes,
    scrub: (text) => secrets.scrub(text),
    webDirectory,
    adminToken,
    codes,
    ingress: createIngress(supervisor),
    publicPort: () => portOf(publicApp),
  });
  return listen({ privateApp, publicApp, config });
}
