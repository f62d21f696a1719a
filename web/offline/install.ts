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
    const place = new URL('./', base);
    const known = workers.controller === null ? undefined : await workers.getRegistration(place);
    if (known !== undefined) notice(known, onUpdated);
    const options = { scope: place.pathname, updateViaCache: 'none' } as const;
    await workers.register(new URL('service-worker.js', place), options);
    await workers.ready;
    return true;
  } catch {
    return false;
  }
}

/** Calls once another build is kept whole: a reload opens it then, whenever the browser puts its worker in charge. */
function notice(registration: ServiceWorkerRegistration, onUpdated: () => void): void {
  const look = () => {
    const { installing, waiting } = registration;
    if (waiting !== null) onUpdated();
    installing?.addEventListener('statechange', () => {
      if (installing.state !== 'installing' && installing.state !== 'redundant') onUpdated();
    });
  };
  registration.addEventListener('updatefound', look);
  look();
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
