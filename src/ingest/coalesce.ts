/**
 * Wraps a piece of work so that it never runs twice at once: a call while it runs causes exactly one more run, which
 * all such calls share. Every call resolves, or rejects, with the end of a run that began after it.
 */
export function coalesced<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | null = null;
  let next: Promise<T> | null = null;
  const start = (): Promise<T> => {
    next = null;
    running = work().finally(() => {
      running = null;
    });
    return running;
  };
  return () => {
    if (next) return next;
    if (!running) return start();
    next = running.then(start, start);
    return next;
  };
}
