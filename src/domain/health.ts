/** How one part of the program does, in a sentence a person can act on; no sentence where there is nothing to say. */
export interface PartHealth {
  readonly part: string;
  readonly state: HealthState;
  readonly sentence: string | null;
}

export type HealthState = 'ok' | 'degraded' | 'needs_user' | 'down';

const severity: Readonly<Record<HealthState, number>> = { ok: 0, degraded: 1, needs_user: 2, down: 3 };

/** The verdict over all parts is that of the worst one. */
export function worstOf(parts: readonly PartHealth[]): HealthState {
  return parts.reduce<HealthState>(
    (worst, { state }) => (severity[state] > severity[worst] ? state : worst),
    'ok',
  );
}
