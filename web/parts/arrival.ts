import type { LitElement } from 'lit';
import type { Page } from '../page.ts';

/** Moves the focus to the section that the address names with `at`, once that section is there. */
export function arrivalFor(host: LitElement & { readonly page: Page }): void {
  let reached: string | null = null;
  let observer: MutationObserver | null = null;
  const stop = () => {
    observer?.disconnect();
    observer = null;
  };
  const arrive = (id: string): boolean => {
    const heading = host.querySelector(`#${CSS.escape(id)}`);
    if (!(heading instanceof HTMLElement) || heading.offsetParent === null) return false;
    heading.tabIndex = -1;
    heading.focus();
    heading.scrollIntoView();
    return true;
  };
  host.addController({
    hostUpdated: () => {
      const id = host.page.route.query.get('at');
      if (id === reached) return;
      reached = id;
      stop();
      if (id === null || arrive(id)) return;
      observer = new MutationObserver(() => {
        if (arrive(id)) stop();
      });
      observer.observe(host, { childList: true, subtree: true });
    },
    hostDisconnected: stop,
  });
}
