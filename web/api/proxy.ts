/** Whether a proxy between says with this status that the bridge does not answer. */
export function isOfProxy(status: number): boolean {
  return status >= 502 && status <= 504;
}
