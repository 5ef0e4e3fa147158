package main

import (
	"context"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types"
)

func groupFields(group *types.GroupInfo) fields {
	members := fields{}
	for _, member := range group.Participants {
		rank := "member"
		if member.IsSuperAdmin {
			rank = "superadmin"
		} else if member.IsAdmin {
			rank = "admin"
		}
		members[member.PhoneNumber.User] = rank
	}
	return fields{
		"jid": group.JID.String(), "name": group.Name, "topic": group.Topic, "members": members,
		"owner": group.OwnerJID.String(), "ownerNumber": group.OwnerPN.User, "addressing": string(group.AddressingMode),
		"announce": group.IsAnnounce, "locked": group.IsLocked,
	}
}

func createGroup(ctx context.Context, p *peer, with struct {
	Name   string      `json:"name"`
	People []types.JID `json:"people"`
}) (any, error) {
	group, err := p.client.CreateGroup(ctx, whatsmeow.ReqCreateGroup{Name: with.Name, Participants: with.People})
	if err != nil {
		return nil, err
	}
	return groupFields(group), nil
}

func groupInfo(ctx context.Context, p *peer, with someone) (any, error) {
	group, err := p.client.GetGroupInfo(ctx, with.JID)
	if err != nil {
		return nil, err
	}
	return groupFields(group), nil
}

func joinedGroups(ctx context.Context, p *peer, _ nothing) (any, error) {
	groups, err := p.client.GetJoinedGroups(ctx)
	if err != nil {
		return nil, err
	}
	all := []fields{}
	for _, group := range groups {
		all = append(all, groupFields(group))
	}
	return all, nil
}

func changeGroup(ctx context.Context, p *peer, with struct {
	someone
	People []types.JID                 `json:"people"`
	Action whatsmeow.ParticipantChange `json:"action"`
}) (any, error) {
	people, err := p.client.UpdateGroupParticipants(ctx, with.JID, with.People, with.Action)
	if err != nil {
		return nil, err
	}
	codes := []int{}
	for _, person := range people {
		codes = append(codes, person.Error)
	}
	return codes, nil
}

func nameGroup(ctx context.Context, p *peer, with struct {
	someone
	Name string `json:"name"`
}) (any, error) {
	return nil, p.client.SetGroupName(ctx, with.JID, with.Name)
}

func describeGroup(ctx context.Context, p *peer, with struct {
	someone
	Topic string `json:"topic"`
}) (any, error) {
	return nil, p.client.SetGroupTopic(ctx, with.JID, "", "", with.Topic)
}

func announceOnly(ctx context.Context, p *peer, with struct {
	someone
	On bool `json:"on"`
}) (any, error) {
	return nil, p.client.SetGroupAnnounce(ctx, with.JID, with.On)
}

func inviteLink(ctx context.Context, p *peer, with someone) (any, error) {
	return p.client.GetGroupInviteLink(ctx, with.JID, false)
}

func join(ctx context.Context, p *peer, with struct{ Link string }) (any, error) {
	group, err := p.client.JoinGroupWithLink(ctx, with.Link)
	if err != nil {
		return nil, err
	}
	return group.String(), nil
}
