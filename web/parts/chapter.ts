import { html, nothing, type TemplateResult } from 'lit';
import { keyed } from 'lit/directives/keyed.js';
import { hashOf, pageNameOf, placesBelow, route, type PlaceBelow, type PlaceName } from '../route.ts';
import { common } from '../texts/common.ts';
import { pageWords, placeWords, questions, type Chapter } from '../texts/places.ts';
import type { Answer } from './answer.ts';
import { heading } from './heading.ts';
import type { State } from './state.ts';

const chapters = Object.keys(questions) as readonly Chapter[];

/** The places of a chapter, each with a sentence of its state; null while that is not known. */
export function entries<Name extends Chapter>(
  chapter: Name,
  states: Readonly<Record<PlaceBelow<Name>, State | null>>,
): TemplateResult {
  return html`${heading(pageWords[chapter])}
    <p class="soft question">${questions[chapter]}</p>
    <ul class="entries">
      ${placesBelow(chapter).map((place) => {
        const state = states[place];
        return html`<li>
          <a class="card" href=${hashOf(route(place))}>
            <strong>${placeWords[place].name}</strong>
            <span class="now ${state?.tone ?? ''}">${state?.sentence ?? nothing}</span>
          </a>
        </li>`;
      })}
    </ul>`;
}

/** The state of a place that has to be asked for; what it is about where the bridge does not say. */
export function stateFrom<T>(
  { value, problem }: Answer<T>,
  place: PlaceBelow<Chapter>,
  stateOf: (value: T) => State,
): State | null {
  if (value !== null) return stateOf(value);
  return problem === null ? null : { tone: 'calm', sentence: placeWords[place].question };
}

/** What is at a place; if that is of a chapter, with its name and the ways to the others. */
export function opened(place: PlaceName, content: TemplateResult): TemplateResult {
  const chapter = chapters.find((one) => one === pageNameOf(place));
  if (chapter === undefined || !isWithin(place)) return content;
  const { name, question } = placeWords[place];
  return html`<div class="chapter">
    <nav aria-label=${pageWords[chapter]}>
      <a class="back" href=${hashOf(route(chapter))}>${pageWords[chapter]}</a>
      <ul>
        ${placesBelow(chapter).map(
          (other) =>
            html`<li>
              <a href=${hashOf(route(other))} aria-current=${other === place ? 'page' : 'false'}
                >${placeWords[other].name}</a
              >
            </li>`,
        )}
      </ul>
    </nav>
    ${
      // Another place is another section: nothing in it has moved.
      keyed(
        place,
        html`<section class="opened" aria-label=${name}>
          ${heading(name)}
          <p class="soft question">${question}</p>
          ${content}
        </section>`,
      )
    }
  </div>`;
}

/** A place that somebody waits for, so far as it is known without an answer. */
export function toCome(place: PlaceName): TemplateResult {
  const loading = html`<p class="soft">${common.loading}</p>`;
  return isWithin(place)
    ? opened(place, loading)
    : html`<div class="page to-come" aria-busy="true">${heading(pageWords[place])} ${loading}</div>`;
}

function isWithin(place: PlaceName): place is PlaceBelow<Chapter> {
  return Object.hasOwn(placeWords, place);
}
