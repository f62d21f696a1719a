/** How one part of the program does, in a sentence a person can act on; no sentence where there is nothing to say. */
export interface PartHealth {
  readonly part: string;
  readonly state: HealthState;
  readonly sentence: string | null;
}

export const healthStates = ['ok', 'degraded', 'needs_user', 'down'] as const;

export type HealthState = (typeof healthStates)[number];

const severity: Readonly<Record<HealthState, number>> = { ok: 0, degraded: 1, needs_user: 2, down: 3 };

/** The verdict over all parts is that of the worst one. */
export function worstOf(parts: readonly PartHealth[]): HealthState {
  return parts.reduce<HealthState>(
    (worst, { state }) => (severity[state] > severity[worst] ? state : worst),
    'ok',
  );
}
