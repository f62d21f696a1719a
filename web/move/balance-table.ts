import { html, type TemplateResult } from 'lit';
import type { Account, Pot } from '../api/contract.ts';
import { money } from '../format.ts';
import { stranger } from '../parts/stranger.ts';
import { texts } from '../texts/move.ts';

interface Sides {
  readonly account: Account | undefined;
  readonly pot: Pot | undefined;
  readonly currency: string;
}

type Row = readonly [account: number | null, pot: number | null];

/** Both balances, before and after. */
export function balanceTable(
  { account, pot, currency }: Sides,
  [now, after]: readonly [Row, Row],
): TemplateResult {
  const side = (name: string, index: 0 | 1) =>
    html`<tr>
      <th scope="row">${stranger(name)}</th>
      <td>${money(now[index], currency)}</td>
      <td>${money(after[index], currency)}</td>
    </tr>`;
  return html`<table aria-label=${texts.balances}>
    <thead>
      <tr>
        <td></td>
        <th scope="col">${texts.before}</th>
        <th scope="col">${texts.after}</th>
      </tr>
    </thead>
    <tbody>
      ${side(account?.name ?? texts.account, 0)} ${side(pot?.name ?? texts.pot, 1)}
    </tbody>
  </table>`;
}
