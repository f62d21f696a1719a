/** Whether a text is a complete address of the web: one that begins with `http://` or `https://`. */
export function isWebAddress(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol);
}
