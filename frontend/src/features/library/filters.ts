/** What the library shows, as its address tells: so that Back, a reload and a copied link show the same. */
import type { Found, ListImagesData } from "~/client";

type Query = NonNullable<ListImagesData["query"]>;

export const STATUSES = ["generating", "processing", "ready", "failed"] as const satisfies readonly Query["status"][];
export const VISIBILITIES = ["private", "unlisted", "public"] as const satisfies readonly Query["visibility"][];
export const SOURCES = ["upload", "url", "generation", "transformation"] as const satisfies readonly Query["source"][];
export const SORTS = ["-uploaded_at", "uploaded_at"] as const satisfies readonly Query["sort"][];

export const LABELS: Readonly<Record<string, string>> = {
  generating: "Being generated",
  processing: "Being processed",
  ready: "Ready",
  failed: "Failed",
  private: "Private",
  unlisted: "Unlisted",
  public: "Public",
  upload: "Uploaded",
  url: "From an address",
  generation: "Generated",
  transformation: "Made from another",
  "-uploaded_at": "Newest first",
  uploaded_at: "Oldest first",
};

export interface Filters {
  search: string;
  tags: readonly string[];
  status: (typeof STATUSES)[number] | undefined;
  visibility: (typeof VISIBILITIES)[number] | undefined;
  source: (typeof SOURCES)[number] | undefined;
  sort: (typeof SORTS)[number];
}

export const EVERYTHING: Filters = {
  search: "",
  tags: [],
  status: undefined,
  visibility: undefined,
  source: undefined,
  sort: "-uploaded_at",
};

/** What the address does not tell, or tells wrongly, is as if it were not there. */
export function filtersIn(params: URLSearchParams): Filters {
  return {
    search: params.get("search") ?? "",
    tags: [...new Set(params.getAll("tag").filter((tag) => tag !== ""))],
    status: oneOf(STATUSES, params.get("status")),
    visibility: oneOf(VISIBILITIES, params.get("visibility")),
    source: oneOf(SOURCES, params.get("source")),
    sort: oneOf(SORTS, params.get("sort")) ?? "-uploaded_at",
  };
}

/** The shortest address that shows the same. */
export function paramsOf({ search, tags, status, visibility, source, sort }: Filters): URLSearchParams {
  const params = new URLSearchParams();
  if (search !== "") params.set("search", search);
  for (const tag of tags) params.append("tag", tag);
  if (status) params.set("status", status);
  if (visibility) params.set("visibility", visibility);
  if (source) params.set("source", source);
  if (sort !== "-uploaded_at") params.set("sort", sort);
  return params;
}

/** The same, as the API is asked. */
export function queryOf({ search, tags, status, visibility, source, sort }: Filters): Query {
  return {
    sort,
    ...(search.trim() !== "" && { search: search.trim() }),
    ...(tags.length > 0 && { tag: tags.join(",") }),
    ...(status && { status }),
    ...(visibility && { visibility }),
    ...(source && { source }),
  };
}

export function isNarrowed(filters: Filters): boolean {
  return filters.search.trim() !== "" || countOf(filters) > 0;
}

/** How many filters there are besides the search. */
export function countOf({ tags, status, visibility, source }: Filters): number {
  return tags.length + [status, visibility, source].filter((value) => value !== undefined).length;
}

/** Whether, in the order that is shown, the image comes after the other. */
export function isBelow(sort: Filters["sort"], image: Found, other: Found): boolean {
  if (image.uploaded_at === other.uploaded_at)
    return sort === "uploaded_at" ? image.id > other.id : image.id < other.id;
  return sort === "uploaded_at" ? image.uploaded_at > other.uploaded_at : image.uploaded_at < other.uploaded_at;
}

function oneOf<Value extends string>(values: readonly Value[], value: string | null): Value | undefined {
  return values.find((each) => each === value);
}
