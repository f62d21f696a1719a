/**
 * How much of a campaign runs: the short form everywhere, the long one with `MONZO_BRIDGE_TEST_LONG=1`. `MONZO_BRIDGE_TEST_SIZE`
 * chooses any other. Prints what was chosen.
 */
export function sizeOf(campaign: string, sizes: { readonly short: number; readonly long: number }): number {
  const wanted = process.env['MONZO_BRIDGE_TEST_LONG'] === '1' ? sizes.long : sizes.short;
  const size = Number(process.env['MONZO_BRIDGE_TEST_SIZE'] ?? wanted);
  console.log(`${campaign}: ${size}`);
  return size;
}

/**
 * The seed of a campaign, printed; `MONZO_BRIDGE_TEST_SEED` repeats an earlier run. `usual`: where a verdict must not
 * depend on chance; any other one otherwise.
 */
export function seedOf(campaign: string, usual = Date.now() % 2 ** 31): number {
  const seed = Number(process.env['MONZO_BRIDGE_TEST_SEED'] ?? usual);
  console.log(`${campaign}: seed ${seed}`);
  return seed;
}

/** The lives that every machine lives. */
export const sameLives = 20_261_128;

/** Whether a failing life is reduced to a small one, which takes many more lives: `MONZO_BRIDGE_TEST_SHRINK=1`. */
export const shrinks = process.env['MONZO_BRIDGE_TEST_SHRINK'] === '1';
