/* The handlers of the slash commands, in the order of the table. `args` may be written to. */
#pragma once

struct chat;

void act_avatar(struct chat *c, char *args);
void act_away(struct chat *c, char *args);
void act_back(struct chat *c, char *args);
void act_ban(struct chat *c, char *args);
void act_bans(struct chat *c, char *args);
void act_create(struct chat *c, char *args);
void act_delete(struct chat *c, char *args);
void act_edit(struct chat *c, char *args);
void act_help(struct chat *c, char *args);
void act_history(struct chat *c, char *args);
void act_invite(struct chat *c, char *args);
void act_join(struct chat *c, char *args);
void act_kick(struct chat *c, char *args);
void act_list(struct chat *c, char *args);
void act_msg(struct chat *c, char *args);
void act_mute(struct chat *c, char *args);
void act_nick(struct chat *c, char *args);
void act_part(struct chat *c, char *args);
void act_quit(struct chat *c, char *args);
void act_react(struct chat *c, char *args);
void act_read(struct chat *c, char *args);
void act_readonly(struct chat *c, char *args);
void act_reconnect(struct chat *c, char *args);
void act_reply(struct chat *c, char *args);
void act_role(struct chat *c, char *args);
void act_show(struct chat *c, char *args);
void act_slow(struct chat *c, char *args);
void act_status(struct chat *c, char *args);
void act_topic(struct chat *c, char *args);
void act_unban(struct chat *c, char *args);
void act_unmute(struct chat *c, char *args);
void act_who(struct chat *c, char *args);
void act_whois(struct chat *c, char *args);

/* What is typed without a command: says it in the current room. */
void act_say(struct chat *c, const char *text);

/* The draft changed: the room hears that someone is typing, now and then. */
void act_typing(struct chat *c);
