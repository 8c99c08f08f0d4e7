/** The lists of the administration, page by page. Their keys begin alike, so that a change has all of them asked again. */
import {
  type AdminListActionsData,
  type AdminListAiCallsData,
  type AdminListImagesData,
  type AdminListJobsData,
  type AdminListUsersData,
  adminListActions,
  adminListAiCalls,
  adminListImages,
  adminListJobs,
  adminListUsers,
} from "~/client";
import { pagesOf } from "~/lib/pages";

export const ADMIN_LISTS = "adminLists";

export type UserFilters = Pick<NonNullable<AdminListUsersData["query"]>, "search" | "role" | "state">;
export type ImageFilters = Pick<
  NonNullable<AdminListImagesData["query"]>,
  "owner" | "search" | "status" | "visibility" | "trashed"
>;
export type JobFilters = Pick<NonNullable<AdminListJobsData["query"]>, "kind" | "state">;
export type CallFilters = Pick<NonNullable<AdminListAiCallsData["query"]>, "owner" | "service" | "outcome">;
export type ActionFilters = Pick<NonNullable<AdminListActionsData["query"]>, "actor" | "action" | "subject">;

export function users(filters: UserFilters) {
  return pagesOf([ADMIN_LISTS, "users", filters], (cursor, signal) =>
    adminListUsers({ query: { ...filters, cursor, include: "total" }, signal }),
  );
}

export function images(filters: ImageFilters) {
  return pagesOf([ADMIN_LISTS, "images", filters], (cursor, signal) =>
    adminListImages({ query: { ...filters, cursor }, signal }),
  );
}

export function jobs(filters: JobFilters) {
  return pagesOf([ADMIN_LISTS, "jobs", filters], (cursor, signal) =>
    adminListJobs({ query: { ...filters, cursor }, signal }),
  );
}

export function calls(filters: CallFilters) {
  return pagesOf([ADMIN_LISTS, "calls", filters], (cursor, signal) =>
    adminListAiCalls({ query: { ...filters, cursor }, signal }),
  );
}

export function actions(filters: ActionFilters) {
  return pagesOf([ADMIN_LISTS, "actions", filters], (cursor, signal) =>
    adminListActions({ query: { ...filters, cursor }, signal }),
  );
}
