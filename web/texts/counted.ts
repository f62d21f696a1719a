import { count } from '../format.ts';

/** The language of these texts. */
const rules = new Intl.PluralRules('en');

type Form = (amount: string) => string;

/** A text about so many things: each plural form that the language has is a sentence of its own. */
export function counted(
  amount: number,
  forms: Readonly<Partial<Record<Intl.LDMLPluralRule, Form>> & { other: Form }>,
): string {
  return (forms[rules.select(amount)] ?? forms.other)(count(amount));
}
