/** Does the work for one after another, all of them, and throws at the end what was thrown first. */
export async function untilTheEnd<Item>(
  items: Iterable<Item>,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const thrown: unknown[] = [];
  for (const item of items) await work(item).catch((reason: unknown) => thrown.push(reason));
  if (thrown.length > 0) throw thrown[0];
}
