import { html, nothing, type TemplateResult } from 'lit';
import type { Refusal } from './api/client.ts';
import { linkCommands, product } from './names.ts';
import type { Page } from './page.ts';
import { around } from './parts/around.ts';
import { field, type Submit } from './parts/form.ts';
import { heading } from './parts/heading.ts';
import { strangerInList } from './parts/stranger.ts';
import { isTurnedAway } from './store.ts';
import { common } from './texts/common.ts';

const linkWays = [
  ['installed', linkCommands.installed],
  ['clone', linkCommands.clone],
  ['docker', linkCommands.docker],
] as const;

/** Says how to get a link, and asks for the admin token of people who were not signed in by one. */
export function signIn({ store }: Page, refused: string | null): TemplateResult {
  const { session } = common;
  const submit: Submit = async (read) => {
    await store.api.signIn({ token: read('token') });
    await store.refresh();
  };
  const fields = field({
    name: 'token',
    label: session.token,
    hint: session.where,
    type: 'password',
    autocomplete: 'current-password',
  });
  return html`${heading(session.heading)}
    ${refused === null ? '' : html`<p class="notice bad" role="alert">${refused}</p>`}
    <p>${session.intro}</p>
    <ul>
      ${linkWays.map(
        ([way, command]) =>
          html`<li><span class="soft">${session.ways[way]}</span><br /><code>${command}</code></li>`,
      )}
    </ul>
    <p>${session.orToken}</p>
    <mb-form .fields=${fields} .label=${session.submit} .submit=${submit}></mb-form>`;
}

/** Tells a user of Home Assistant who is not let in who they are, why, and what to do. */
export function turnedAway({ code, message, problem }: Refusal): TemplateResult {
  const { headings, who } = common.turnedAway;
  const user = problem?.user;
  return html`${heading(isTurnedAway(code) ? headings[code] : product)}
    ${typeof user === 'string' ? html`<p>${around(who, strangerInList(user))}</p>` : nothing}
    <p>${message}</p>`;
}
