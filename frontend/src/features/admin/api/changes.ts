/** What an administrator does, and how the cache learns of it. */
import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import {
  type KnownUser,
  type Moderated,
  type Retried,
  type UserEdit,
  adminAskForIntegrity,
  adminDeleteImage,
  adminEditUser,
  adminEndSessions,
  adminRetryJob,
  adminRetryJobs,
  adminTakeDownImage,
} from "~/client";
import {
  adminGetImageQueryKey,
  adminGetIntegrityQueryKey,
  adminGetUserQueryKey,
  showProfileQueryKey,
} from "~/client/@tanstack/react-query.gen";
import { imageGone, imagesChanged } from "~/lib/images";
import { ADMIN_LISTS } from "./lists";

/** The deeds, each of which settles once the API has done it or refused. */
export function useAdministration() {
  const client = useQueryClient();
  return {
    editUser: async (id: string, edit: UserEdit): Promise<KnownUser> => {
      const { data } = await adminEditUser({ path: { user_id: id }, body: edit });
      client.setQueryData(adminGetUserQueryKey({ path: { user_id: id } }), data);
      changed(client);
      // It may be one's own account, whose role decides what the page offers.
      void client.invalidateQueries({ queryKey: showProfileQueryKey() });
      return data;
    },

    endSessions: async (id: string): Promise<number> => {
      const { data } = await adminEndSessions({ path: { user_id: id } });
      changed(client);
      return data.sessions_ended;
    },

    takeDown: async (id: string, reason: string): Promise<Moderated> => {
      const { data } = await adminTakeDownImage({ path: { image_id: id }, body: { reason } });
      client.setQueryData(adminGetImageQueryKey({ path: { image_id: id } }), data);
      changed(client);
      void imagesChanged(client);
      return data;
    },

    deleteImage: async (id: string): Promise<void> => {
      await adminDeleteImage({ path: { image_id: id } });
      client.removeQueries({ queryKey: adminGetImageQueryKey({ path: { image_id: id } }) });
      imageGone(client, id);
      changed(client);
    },

    retry: async (id: string): Promise<void> => {
      await adminRetryJob({ path: { item_id: id } });
      changed(client);
    },

    /** All that has failed, or all of one kind. */
    retryAll: async (kind: string | undefined): Promise<Retried> => {
      const { data } = await adminRetryJobs({ body: kind === undefined ? {} : { kind } });
      changed(client);
      return data;
    },

    examine: async (checksums: boolean): Promise<void> => {
      const { data } = await adminAskForIntegrity({ body: { checksums } });
      client.setQueryData(adminGetIntegrityQueryKey(), data);
      changed(client);
    },
  };
}

/** One deed shows in many places: its list, the overview, the audit log. All that is looked at is asked again. */
function changed(client: QueryClient): void {
  void client.invalidateQueries({ predicate: ({ queryKey: [first] }) => first === ADMIN_LISTS || isOfAdmin(first) });
}

function isOfAdmin(first: unknown): boolean {
  return (
    typeof first === "object" &&
    first !== null &&
    "_id" in first &&
    typeof first._id === "string" &&
    first._id.startsWith("admin")
  );
}
