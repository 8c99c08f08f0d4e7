import { ActionIcon, Button, Group, Menu } from "@mantine/core";
import { IconChevronDown, IconFolder, IconLink, IconPhoto, IconUpload } from "@tabler/icons-react";
import { useUploading } from "~/lib/uploading";
import classes from "./UploadButton.module.css";

/** Chooses files; its menu has the other ways. */
export function UploadButton() {
  const { pick, pickFolder, askForAddress } = useUploading();
  return (
    <Group gap={0} wrap="nowrap">
      <Button className={classes.main} leftSection={<IconUpload size={16} aria-hidden />} onClick={pick}>
        Upload
      </Button>
      <Menu position="bottom-end" width={200}>
        <Menu.Target>
          <ActionIcon variant="filled" className={classes.more} size={36} aria-label="More ways to upload">
            <IconChevronDown size={16} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconPhoto size={16} aria-hidden />} onClick={pick}>
            Files
          </Menu.Item>
          <Menu.Item leftSection={<IconFolder size={16} aria-hidden />} onClick={pickFolder}>
            A folder
          </Menu.Item>
          <Menu.Item leftSection={<IconLink size={16} aria-hidden />} onClick={askForAddress}>
            From an address
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </Group>
  );
}
