/** What of the gallery is looked at, as its address says it. */
export interface GalleryQuery {
  search: string;
  sort: "-uploaded_at" | "uploaded_at";
}

export function galleryQueryIn(parameters: URLSearchParams): GalleryQuery {
  return {
    search: parameters.get("search") ?? "",
    sort: parameters.get("sort") === "uploaded_at" ? "uploaded_at" : "-uploaded_at",
  };
}

/** The address of the same, without what goes without saying. */
export function parametersOf({ search, sort }: GalleryQuery): URLSearchParams {
  return new URLSearchParams({
    ...(search.trim() && { search: search.trim() }),
    ...(sort === "uploaded_at" && { sort }),
  });
}

/** Where all pictures with this tag are. */
export function addressOfTag(tag: string): string {
  const search = /^[\p{L}\p{N}]+$/u.test(tag) ? `tag:${tag}` : `tag:"${tag}"`;
  return `/explore?${parametersOf({ search, sort: "-uploaded_at" }).toString()}`;
}
