import '../styles/set-up.css';
import { html, nothing, type TemplateResult } from 'lit';
import './steps/approve.ts';
import './steps/authorise.ts';
import type { Login } from '../api/contract.ts';
import type { Page } from '../page.ts';
import { progress } from './progress.ts';
import { removeQuestion } from '../pages/settings/questions.ts';
import { isNew, type Step } from './place.ts';
import { clientStep, type Choice } from './steps/client.ts';
import { credentialsStep } from './steps/credentials.ts';
import { doneStep, historyStep } from './steps/finish.ts';
import { common } from '../texts/common.ts';
import { texts } from '../texts/set-up.ts';

export interface SetUp {
  readonly step: Step;
  readonly login: Login | null;
  readonly choice: Choice;
}

/** One step of the set-up, and the ways out of it. */
export function setUp(page: Page, { step, login, choice }: SetUp): TemplateResult {
  const content = login === null ? anonymous(page, step, choice) : personal[step](page, login);
  return html`${progress(step)}
    <div class="panel wide">${content}</div>
    ${ways(page, step, login)}`;
}

function anonymous(page: Page, step: Step, choice: Choice): TemplateResult {
  return step === 'credentials' ? credentialsStep(page, choice.chosen) : clientStep(page, choice);
}

const authorise = (page: Page, login: Login) =>
  html`<mb-authorise .page=${page} .login=${login}></mb-authorise>`;

/** The first two steps come before there is a login. */
const personal: Readonly<Record<Step, (page: Page, login: Login) => TemplateResult>> = {
  client: authorise,
  credentials: authorise,
  authorise,
  approve: (page, login) => html`<mb-approve .page=${page} .login=${login}></mb-approve>`,
  history: (_page, login) => historyStep(login),
  done: doneStep,
};

function ways(page: Page, step: Step, login: Login | null) {
  if (step === 'done' || (page.knowledge.logins ?? []).length === 0) return nothing;
  const leave = () => page.go({ kind: 'overview' });
  const startOver = () => login && page.ask(removeQuestion(page, login));
  return html`<div class="ways">
    <button type="button" class="link" @click=${leave}>${common.toOverview}</button>
    ${
      login !== null && isNew(login)
        ? html`<button type="button" class="link" @click=${startOver}>${texts.steps.startOver}</button>`
        : nothing
    }
  </div>`;
}
