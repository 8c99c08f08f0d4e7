import { ActionIcon, Button, Tooltip } from "@mantine/core";
import {
  IconAdjustments,
  IconArrowLeft,
  type Icon,
  IconLayoutSidebarRight,
  IconShare2,
  IconSparkles,
  IconTrash,
  IconZoomIn,
} from "@tabler/icons-react";
import { Link } from "react-router";
import type { Image } from "~/client";
import classes from "./Frame.module.css";

interface Props {
  image: Image | undefined;
  /** Where the editor of the image is. */
  editor: { pathname: string; search: string };
  isPanelOpen: boolean;
  onClose: () => void;
  onShare: () => void;
  onZoom: () => void;
  onPanel: () => void;
  onTrash: () => void;
}

export function Toolbar({ image, editor, isPanelOpen, onClose, onShare, onZoom, onPanel, onTrash }: Props) {
  const isKept = image !== undefined && image.trashed_at === null;
  const hasPicture = image !== undefined && image.variants.length > 0;
  return (
    <div className={classes.toolbar}>
      <Tool label="Back to the library" Icon={IconArrowLeft} onClick={onClose} />
      <div className={classes.tools}>
        {isKept && hasPicture && <Action to={editor} label="Edit" Icon={IconAdjustments} />}
        {isKept && image.source === "generation" && (
          <Action to={`/generate?remix=${image.id}`} label="Remix" Icon={IconSparkles} />
        )}
        {isKept && (
          <Button size="sm" leftSection={<IconShare2 size={16} aria-hidden />} onClick={onShare}>
            Share
          </Button>
        )}
        {hasPicture && <Tool label="Zoom" Icon={IconZoomIn} onClick={onZoom} />}
        {isKept && <Tool label="Move to the trash" Icon={IconTrash} onClick={onTrash} />}
        {image !== undefined && (
          <Tool
            label={isPanelOpen ? "Hide the details" : "Show the details"}
            Icon={IconLayoutSidebarRight}
            onClick={onPanel}
            visibleFrom="sm"
            aria-expanded={isPanelOpen}
          />
        )}
      </div>
    </div>
  );
}

interface ToolProps {
  label: string;
  Icon: Icon;
  onClick: () => void;
  visibleFrom?: string;
  "aria-expanded"?: boolean;
}

function Tool({ label, Icon, ...props }: ToolProps) {
  return (
    <Tooltip label={label}>
      <ActionIcon variant="subtle" color="gray" size={36} aria-label={label} {...props}>
        <Icon size={20} stroke={1.7} aria-hidden />
      </ActionIcon>
    </Tooltip>
  );
}

function Action({ to, label, Icon }: { to: string | { pathname: string; search: string }; label: string; Icon: Icon }) {
  return (
    <Button
      component={Link}
      to={to}
      variant="default"
      size="sm"
      aria-label={label}
      leftSection={<Icon size={16} aria-hidden />}
      classNames={{ root: classes.action, section: classes.actionIcon, label: classes.actionLabel }}
    >
      {label}
    </Button>
  );
}
