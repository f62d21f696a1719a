import type { HassLocale } from './hass.ts';

/** The languages by which Home Assistant itself writes each choice of number format. */
const languages: Readonly<Record<string, readonly string[] | undefined>> = {
  comma_decimal: ['en-US', 'en'],
  decimal_comma: ['de', 'es', 'it'],
  space_comma: ['fr', 'sv', 'cs'],
  quote_decimal: ['de-CH'],
};

/** The locale for `Intl` that writes numbers as the person chose; undefined is the browser's own. */
export function numberLocale({ number_format: format, language }: HassLocale): readonly string[] | undefined {
  return format === 'system' ? undefined : (languages[format] ?? [language]);
}

/** An amount in major units, as decimal text such as `-6.05`, with its currency as the person reads it. No float sees it. */
export function moneyText(amount: string, currency: string, locale: HassLocale): string {
  const key = [locale.language, locale.number_format, currency].join();
  const format =
    formats.get(key) ??
    new Intl.NumberFormat(numberLocale(locale), {
      style: 'currency',
      currency,
      useGrouping: locale.number_format !== 'none',
    });
  formats.set(key, format);
  return format.format(amount as Intl.StringNumericLiteral);
}

/** A format is slow to make, and a list needs a thousand. */
const formats = new Map<string, Intl.NumberFormat>();
