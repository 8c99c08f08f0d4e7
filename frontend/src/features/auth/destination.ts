/** Where a sign-in leads. */
const START = "/library";

/** The page that `to` names, or the library: never another site, whatever a link says, and never the sign-in again. */
export function destination(to: string | null): string {
  if (to === null || !to.startsWith("/")) return START;
  const { origin } = window.location;
  const url = parsed(to, origin);
  // "/\\host" is another host to a browser, and "/..//host" becomes "//host".
  if (url === undefined || url.origin !== origin || url.pathname.startsWith("//") || url.pathname === "/sign-in")
    return START;
  return url.pathname + url.search + url.hash;
}

/** `URL.parse` is younger than some browsers that are in use. */
function parsed(address: string, base: string): URL | undefined {
  try {
    return new URL(address, base);
  } catch {
    return undefined;
  }
}
