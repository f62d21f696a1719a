import { html } from 'lit';
import type { Login } from '../../api/contract.ts';
import type { Page } from '../../page.ts';
import { texts } from '../../texts/people.ts';
import type { Question } from '../../parts/dialog.ts';
import { field } from '../../parts/form.ts';

/** The dialogs about one login. */

export function renameQuestion({ store }: Page, { id, name }: Login): Question {
  return {
    heading: texts.rename.heading(name),
    fields: field({ name: 'name', label: texts.rename.field, value: name }),
    label: texts.rename.submit,
    danger: false,
    submit: async (read) => {
      await store.api.change(id, { name: read('name') });
      await store.refresh();
    },
  };
}

export function secretQuestion({ store }: Page, { id, name }: Login): Question {
  return {
    heading: texts.secret.heading(name),
    fields: html`<p>${texts.secret.intro}</p>
      ${field({ name: 'client_secret', label: texts.secret.field, type: 'password' })}`,
    label: texts.secret.submit,
    danger: false,
    submit: async (read) => {
      await store.api.change(id, { client_secret: read('client_secret') });
      await store.refresh();
    },
  };
}

export function removeQuestion({ store, go }: Page, { id, name }: Login): Question {
  return {
    heading: texts.remove.heading(name),
    fields: html`<p>${texts.remove.intro}</p>
      <label class="check"
        ><input type="checkbox" name="keep" value="yes" checked />${texts.remove.keep}</label
      >`,
    label: texts.remove.submit,
    danger: true,
    submit: async (read) => {
      await store.api.remove(id, read('keep') === 'yes');
      await store.refresh();
      go({ kind: 'overview' });
    },
  };
}
