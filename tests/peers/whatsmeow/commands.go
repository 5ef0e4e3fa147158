package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/appstate"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"
)

type command func(ctx context.Context, p *peer, with json.RawMessage) (any, error)

// of turns a function with typed parameters into a command.
func of[With any](do func(ctx context.Context, p *peer, with With) (any, error)) command {
	return func(ctx context.Context, p *peer, raw json.RawMessage) (any, error) {
		var with With
		if len(raw) > 0 {
			if err := json.Unmarshal(raw, &with); err != nil {
				return nil, err
			}
		}
		return do(ctx, p, with)
	}
}

type nothing struct{}

type someone struct {
	JID types.JID `json:"jid"`
}

var commands = map[string]command{
	"connect": of(func(ctx context.Context, p *peer, _ nothing) (any, error) {
		return nil, p.client.ConnectContext(context.Background())
	}),
	"disconnect": of(func(_ context.Context, p *peer, _ nothing) (any, error) { p.client.Disconnect(); return nil, nil }),
	"logout":     of(func(ctx context.Context, p *peer, _ nothing) (any, error) { return nil, p.client.Logout(ctx) }),
	"pairCode":   of(pairCode),
	"who":        of(who),

	"send":     of(send),
	"document": of(sendDocument),
	"download": of(download),
	"edit":     of(edit),
	"revoke":   of(revoke),
	"react":    of(react),
	"markRead": of(markRead),
	"forget":   of(forgetSessions),

	"presence": of(presence),
	"subscribe": of(func(ctx context.Context, p *peer, whom someone) (any, error) {
		return nil, p.client.SubscribePresence(ctx, whom.JID)
	}),
	"typing": of(typing),

	"isOnWhatsApp": of(isOnWhatsApp),
	"userInfo":     of(userInfo),
	"picture":      of(picture),
	"block":        of(block),
	"blocklist":    of(blocklist),
	"privacy":      of(privacy),
	"setPrivacy":   of(setPrivacy),
	"setAbout":     of(setAbout),
	"disappearing": of(disappearing),

	"setName": of(setName),
	"mute":    of(mute),
	"fetch":   of(fetch),

	"createGroup":  of(createGroup),
	"group":        of(groupInfo),
	"groups":       of(joinedGroups),
	"changeGroup":  of(changeGroup),
	"nameGroup":    of(nameGroup),
	"describe":     of(describeGroup),
	"announceOnly": of(announceOnly),
	"leave": of(func(ctx context.Context, p *peer, which someone) (any, error) {
		return nil, p.client.LeaveGroup(ctx, which.JID)
	}),
	"inviteLink": of(inviteLink),
	"join":       of(join),
}

func pairCode(ctx context.Context, p *peer, with struct{ Phone string }) (any, error) {
	return p.client.PairPhone(ctx, with.Phone, true, whatsmeow.PairClientChrome, "Chrome (Linux)")
}

func who(_ context.Context, p *peer, _ nothing) (any, error) {
	return fields{
		"jid": p.client.Store.GetJID().String(), "lid": p.client.Store.GetLID().String(),
		"name": p.client.Store.PushName, "platform": p.client.Store.Platform, "loggedIn": p.client.IsLoggedIn(),
	}, nil
}

type text struct {
	To   types.JID `json:"to"`
	Text string    `json:"text"`
	ID   string    `json:"id"`
}

func (p *peer) sent(response whatsmeow.SendResponse, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return fields{"id": response.ID, "time": response.Timestamp.Unix(), "sender": response.Sender.String()}, nil
}

func send(ctx context.Context, p *peer, with text) (any, error) {
	message := &waE2E.Message{Conversation: proto.String(with.Text)}
	return p.sent(p.client.SendMessage(ctx, with.To, message, whatsmeow.SendRequestExtra{ID: with.ID}))
}

func edit(ctx context.Context, p *peer, with text) (any, error) {
	content := &waE2E.Message{Conversation: proto.String(with.Text)}
	return p.sent(p.client.SendMessage(ctx, with.To, p.client.BuildEdit(with.To, with.ID, content)))
}

func revoke(ctx context.Context, p *peer, with text) (any, error) {
	return p.sent(p.client.SendMessage(ctx, with.To, p.client.BuildRevoke(with.To, types.EmptyJID, with.ID)))
}

func react(ctx context.Context, p *peer, with struct {
	text
	Author types.JID `json:"author"`
}) (any, error) {
	return p.sent(p.client.SendMessage(ctx, with.To, p.client.BuildReaction(with.To, with.Author, with.ID, with.Text)))
}

func sendDocument(ctx context.Context, p *peer, with text) (any, error) {
	uploaded, err := p.client.Upload(ctx, []byte(with.Text), whatsmeow.MediaDocument)
	if err != nil {
		return nil, err
	}
	return p.sent(p.client.SendMessage(ctx, with.To, &waE2E.Message{DocumentMessage: &waE2E.DocumentMessage{
		FileName: proto.String("a.txt"), Mimetype: proto.String("text/plain"),
		URL: &uploaded.URL, DirectPath: &uploaded.DirectPath, MediaKey: uploaded.MediaKey,
		FileSHA256: uploaded.FileSHA256, FileEncSHA256: uploaded.FileEncSHA256, FileLength: &uploaded.FileLength,
	}}))
}

func download(ctx context.Context, p *peer, with struct{ ID string }) (any, error) {
	message := p.seen.get(with.ID)
	if message == nil {
		return nil, errors.New("no document came under this id")
	}
	body, err := p.client.Download(ctx, message.GetDocumentMessage())
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256(body)
	return fields{"size": len(body), "sha256": hex.EncodeToString(digest[:])}, nil
}

func markRead(ctx context.Context, p *peer, with struct {
	IDs    []string  `json:"ids"`
	Chat   types.JID `json:"chat"`
	Author types.JID `json:"author"`
}) (any, error) {
	return nil, p.client.MarkRead(ctx, with.IDs, time.Now(), with.Chat, with.Author)
}

// forgetSessions loses every Signal session with one device, as a damaged disk would.
func forgetSessions(ctx context.Context, p *peer, whom someone) (any, error) {
	had, err := p.client.Store.ContainsSession(ctx, whom.JID.SignalAddress())
	if err != nil {
		return nil, err
	}
	return had, p.client.Store.Sessions.DeleteSession(ctx, whom.JID.SignalAddress().String())
}

func presence(ctx context.Context, p *peer, with struct{ State types.Presence }) (any, error) {
	return nil, p.client.SendPresence(ctx, with.State)
}

func typing(ctx context.Context, p *peer, with struct {
	someone
	State types.ChatPresence `json:"state"`
}) (any, error) {
	return nil, p.client.SendChatPresence(ctx, with.JID, with.State, types.ChatPresenceMediaText)
}

func setName(ctx context.Context, p *peer, with struct{ Name string }) (any, error) {
	return nil, p.client.SendAppState(ctx, appstate.BuildSettingPushName(with.Name))
}

func mute(ctx context.Context, p *peer, with struct {
	someone
	Muted bool `json:"muted"`
}) (any, error) {
	return nil, p.client.SendAppState(ctx, appstate.BuildMute(with.JID, with.Muted, time.Hour))
}

func fetch(ctx context.Context, p *peer, with struct {
	Name appstate.WAPatchName `json:"name"`
	Full bool                 `json:"full"`
}) (any, error) {
	return nil, p.client.FetchAppState(ctx, with.Name, with.Full, false)
}

func block(ctx context.Context, p *peer, with struct {
	someone
	Action events.BlocklistChangeAction `json:"action"`
}) (any, error) {
	return p.client.UpdateBlocklist(ctx, with.JID, with.Action)
}

func blocklist(ctx context.Context, p *peer, _ nothing) (any, error) {
	return p.client.GetBlocklist(ctx)
}
