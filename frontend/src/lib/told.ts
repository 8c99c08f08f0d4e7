/** Toasts: what became of something that goes on in the background. */
import { notifications } from "@mantine/notifications";
import { ApiError, messageOf } from "./problems";

export const told = {
  done(message: string): void {
    notifications.show({ message, autoClose: 4000 });
  },

  /** With the request's id, by which an operator finds it in the logs, where the fault is the server's. */
  failed(error: unknown, title = "That did not work"): void {
    const id = error instanceof ApiError && error.status >= 500 ? error.requestId : undefined;
    notifications.show({
      title,
      message: id === undefined ? messageOf(error) : `${messageOf(error)} (request ${id})`,
      color: "red",
      role: "alert",
      autoClose: 8000,
    });
  },
};
