/** Far more than any step takes, on any machine, however busy: only what never comes takes so long. */
export const patience = 180_000;

/** For a whole test. */
export const limit = { timeout: 600_000 } as const;
