import { html, type TemplateResult } from 'lit';
import { discreet } from '../format.ts';
import { common } from '../texts/common.ts';

/** An address that opens a place in one's own Home Assistant, in brackets, as the bridge's sentences name it. */
const place = / ?\((https:\/\/my\.home-assistant\.io\/redirect\/[\w/?=&-]+)\)/;

/** One of the bridge's sentences, with such an address as a link. */
export function linked(sentence: string): TemplateResult {
  const [before = '', href, after = ''] = discreet(sentence).split(place);
  if (href === undefined) return html`${before}`;
  return html`${before}
    <a href=${href} target="_blank" rel="noopener noreferrer">${common.openInHomeAssistant}</a>${after}`;
}

/** The same without the address, where a link cannot stand. */
export function withoutLinks(sentence: string): string {
  return discreet(sentence).replace(place, '');
}
