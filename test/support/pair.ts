import { createBank, type Bank } from '../../sim/bank.ts';
import { seededRandom } from '../../sim/fake-clock.ts';
import { alex, joint, sam } from '../../sim/household.ts';
import type { BankWays } from './world.ts';

/** Two people, an account each and a joint one: enough for events, and quick to read. */
export function pairBank(now: () => number, ways: BankWays = {}): Bank {
  const bank = createBank({ now, random: seededRandom(3), ...ways });
  for (const { userId, clientId, clientSecret } of [alex, sam]) {
    bank.addPerson({ id: userId, name: userId });
    bank.addClient({ id: clientId, secret: clientSecret, collaborators: [userId] });
  }
  const open = (id: string, type: string, owners: readonly string[]) =>
    bank.openAccount({ id, type, owners, balance: 100_000, createdMs: now() - 86_400_000 });
  open(alex.current, 'uk_retail', [alex.userId]);
  open(sam.current, 'uk_retail', [sam.userId]);
  open(joint.account, 'uk_retail_joint', [alex.userId, sam.userId]);
  return bank;
}
