export interface InstallOptions {
  /** Undefined where the browser offers none: without TLS, and in some private windows. */
  readonly workers: ServiceWorkerContainer | undefined;
  /** The address of the page. */
  readonly base: string;
  /** Another build of the page has been installed while this one is open. */
  readonly onUpdated: () => void;
}

/** Lets the page be opened without the bridge; false where that cannot be. Never throws. */
export async function installShell({ workers, base, onUpdated }: InstallOptions): Promise<boolean> {
  if (workers === undefined) return false;
  try {
    if (workers.controller !== null) workers.addEventListener('controllerchange', onUpdated, { once: true });
    const place = new URL('./', base);
    const options = { scope: place.pathname, updateViaCache: 'none' } as const;
    await workers.register(new URL('service-worker.js', place), options);
    await workers.ready;
    return true;
  } catch {
    return false;
  }
}

/** An update that meets a bridge that is just starting, or stopping, fails without a word. In milliseconds. */
const looks = [0, 15_000, 60_000] as const;

/** Looks for another build of the page, such as after the bridge was away. Never throws. */
export async function lookForUpdate(
  workers: ServiceWorkerContainer | undefined,
  wait: (ms: number) => Promise<void>,
): Promise<void> {
  const registration = await workers?.getRegistration().catch(() => undefined);
  if (registration === undefined) return;
  for (const ms of looks) {
    await wait(ms);
    await registration.update().catch(() => undefined);
  }
}
