import type { Reason, Transfer } from '../../domain/transfer.ts';
import type { EvidenceFacts } from '../../refusals/evidence-sentence.ts';
import type { MoveEvidence } from './evidence.ts';

/** What a person may compare with a transfer, as facts of a sentence. */
export function evidenceFacts(evidence: MoveEvidence, transfer: Transfer): EvidenceFacts {
  const { amount, currency, direction } = transfer;
  const times = evidence.fitting(transfer).map(({ created }) => created);
  return { by: 'person', amount, currency, direction, times, declinedAt: evidence.declinedAt(transfer) };
}

/** Whether two reasons say the same. */
export function sameReason(one: Reason | null, other: Reason): boolean {
  return one?.code === other.code && JSON.stringify(one.facts) === JSON.stringify(other.facts);
}
