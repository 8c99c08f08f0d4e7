import { ModalsProvider } from "@mantine/modals";
import { Notifications } from "@mantine/notifications";

/** Toasts and questions, from wherever they are asked for. They are loaded once the page stands: nobody has asked before. */
export default function Overlays() {
  return (
    <ModalsProvider>
      <Notifications position="bottom-right" containerWidth={360} />
    </ModalsProvider>
  );
}
